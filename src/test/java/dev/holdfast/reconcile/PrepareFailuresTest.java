package dev.holdfast.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.apiserver.MockApiServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The Events about devices that cannot be prepared. */
final class PrepareFailuresTest {
    private static final Pod POD = Serialization.unmarshal("""
            apiVersion: v1
            kind: Pod
            metadata: {namespace: lab, name: gpu-vm, uid: uid-p, creationTimestamp: "2026-11-29T12:00:00Z"}
            spec: {nodeName: node-1, containers: [{name: qemu}]}
            status:
              phase: Pending
              conditions: [{type: PodScheduled, status: "True", lastTransitionTime: "2026-11-29T12:00:00Z"}]
            """, Pod.class);

    /** A VM that is to be stopped must not wait for an explanation. */
    @Test
    void doNotPreventAReconciliationWhenTheyCannotBeRead() {
        String url;
        try (MockApiServer server = MockApiServer.start()) {
            url = server.url();
        }
        try (KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.empty())
                        .withMasterUrl(url)
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build()) {
            assertThat(new PrepareFailures(client).of(POD, Instant.parse("2026-11-29T12:01:00Z")))
                    .isEmpty();
        }
    }
}
