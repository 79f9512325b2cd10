package dev.holdfast.testbed.apiserver;

import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;

/** A small pod, and what a scheduler does with it. */
final class SamplePod {
    private SamplePod() {}

    static void bind(KubernetesClient client, String pod, String node) {
        client.bindings()
                .inNamespace("default")
                .resource(new BindingBuilder()
                        .withNewMetadata()
                        .withName(pod)
                        .withNamespace("default")
                        .endMetadata()
                        .withNewTarget()
                        .withKind("Node")
                        .withName(node)
                        .endTarget()
                        .build())
                .create();
    }

    static Pod pod(String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("c")
                .withNewResources()
                .withLimits(Map.of("memory", new Quantity("64Mi")))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }
}
