package dev.holdfast.reconcile.decode;

import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.module.SimpleModule;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.reconcile.cache.TrimmingJsonFactory;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/**
 * A client whose lists and watches live on when an object of theirs cannot be decoded. The client's own decoder fails the
 * whole list, ends the watch, and finds the same object at the next start.
 */
public final class FaultTolerantClient {
    private FaultTolerantClient() {}

    /** A builder of such a client, to be completed with a configuration. */
    public static KubernetesClientBuilder builder() {
        return new KubernetesClientBuilder().withKubernetesSerialization(serialization());
    }

    /** A new serialization that decodes as this class promises. Unknown fields are ignored, as every client does. */
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

    /** Copies an object with the mark of what could not be decoded, which decoding drops. */
    public static <R extends HasMetadata> R copy(KubernetesSerialization serialization, R object) {
        R copy = serialization.clone(object);
        Undecodable.mark(copy, Undecodable.faults(object));
        return copy;
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
