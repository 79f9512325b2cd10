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
import io.fabric8.kubernetes.api.model.KubernetesResource;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;

/**
 * Makes clients whose lists and watches continue when one of their objects cannot be decoded. With the default decoder the
 * whole list fails and the watch ends, again at each restart.
 */
public final class FaultTolerantClient {
    /** Kinds of events of the operator's watches; the last is that of an error. */
    private static final List<Class<? extends KubernetesResource>> WATCHED = List.of(
            PassthroughVM.class,
            PassthroughDeviceClass.class,
            PassthroughNode.class,
            Pod.class,
            PersistentVolumeClaim.class,
            DeviceClass.class,
            ResourceClaim.class,
            ResourceClaimTemplate.class,
            ResourceSlice.class,
            Status.class);

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
        // Otherwise all classes of the model are loaded, some hundred, for the kinds that a watch may have.
        KubernetesSerialization serialization = new KubernetesSerialization(mapper, false);
        WATCHED.forEach(serialization::registerKubernetesResource);
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
