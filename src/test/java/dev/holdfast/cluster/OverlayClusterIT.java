package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import org.junit.jupiter.api.Test;

/** The overlay, as kustomize builds it and an API server takes it; nothing of it is kept. */
@OnRealCluster
class OverlayClusterIT {
    private final RealCluster cluster;

    OverlayClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void theApiServerTakesTheOverlayThatLetsAgentsBind() {
        String agent = cluster.kubectl()
                .run(
                        "apply",
                        "--server-side",
                        "--dry-run=server",
                        "--output=jsonpath={.items[?(@.kind==\"DaemonSet\")].spec.template.spec.containers[0]}",
                        "--kustomize",
                        Build.here().root().resolve("overlays/bind").toString());

        assertThat(agent)
                .contains("\"SYS_RESOURCE\",\"SYS_PTRACE\",\"DAC_READ_SEARCH\"")
                .contains("\"appArmorProfile\":{\"type\":\"Unconfined\"}")
                .contains("\"recursiveReadOnly\":\"IfPossible\"")
                .contains("--sysfs=/host/sysfs");
    }
}
