package dev.holdfast.reconcile.decode;

import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.module.SimpleModule;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.reconcile.cache.TrimmingJsonFactory;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/**
 * Makes clients whose lists and watches continue when one of their objects cannot be decoded. With the default decoder the
 * whole list fails and the watch ends, again at each restart.
 */
public final class FaultTolerantClient {
    private FaultTolerantClient() {}

    /** Returns a builder of such a client, without a configuration. */
    public static KubernetesClientBuilder builder() {
        return new KubernetesClientBuilder().withKubernetesSerialization(serialization());
    }

    /** Returns a new fault-tolerant serialization. Unknown fields are ignored, as in every client. */
    public static KubernetesSerialization serialization() {
        ObjectMapper mapper = new ObjectMapper(new TrimmingJsonFactory())
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .registerModule(new Module());
        KubernetesSerialization serialization = new KubernetesSerialization(mapper, true);
        serialization.registerKubernetesResource(PassthroughVM.class);
        serialization.registerKubernetesResource(PassthroughDeviceClass.class);
        serialization.registerKubernetesResource(PassthroughNode.class);
        return serialization;
    }

    private static final class Module extends SimpleModule {
        private static final long serialVersionUID = 1;

        Module() {
            setDeserializerModifier(new BeanDeserializerModifier() {
                private static final long serialVersionUID = 1;

                @Override
                public JsonDeserializer<?> modifyDeserializer(
                        DeserializationConfig config, BeanDescription type, JsonDeserializer<?> deserializer) {
                    return HasMetadata.class.isAssignableFrom(type.getBeanClass())
                            ? new FaultTolerantDeserializer(deserializer)
                            : deserializer;
                }
            });
        }

        @Override
        public void setupModule(SetupContext context) {
            super.setupModule(context);
            context.insertAnnotationIntrospector(new ApiRules());
        }
    }
}
