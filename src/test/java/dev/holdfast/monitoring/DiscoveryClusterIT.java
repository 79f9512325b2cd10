package dev.holdfast.monitoring;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.Permissions;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Vms;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The shipped configuration in a real Prometheus that discovers the pods of Holdfast by a real API server. */
@OnRealCluster
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DiscoveryClusterIT {
    private static final Map<String, String> VARIABLES =
            Map.of("node", MonitoredCluster.NODE, "vm_namespace", "lab", "vm", "low");

    @TempDir
    static Path folder;

    private final RealCluster cluster;
    private MonitoredCluster monitored;
    private PrometheusApi prometheus;

    DiscoveryClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeAll
    void start() throws Exception {
        monitored = MonitoredCluster.start(cluster, folder);
        prometheus = monitored.prometheus();
        Vms vms = new Vms(cluster.admin(), cluster.newNamespace());
        vms.create("vm", MonitoredCluster.DEVICE_CLASS);
        monitored.node().start(vms, "vm");
        eventually("the VM runs", () -> vms.phase("vm") == Phase.Running);
        eventually("all were scraped", () -> prometheus.query("up == 1").size() == 3);
        monitored.agentPage().count();
        vms.create("waiting", "nowhere");
    }

    @AfterAll
    void close() throws Exception {
        monitored.close();
    }

    @Test
    void findsEachPodOnceWithTheLabelsOfTheAlerts() {
        eventually("the targets are up")
                .untilAsserted(() -> assertThat(prometheus.targets())
                        .extracting(target -> target.replaceAll(" (holdfast-[a-z]+)-\\S+", " $1-"))
                        .containsExactlyInAnyOrder(
                                "up holdfast-operator holdfast holdfast-operator- operator monitored-node",
                                "up holdfast-operator holdfast holdfast-operator- operator monitored-node",
                                "up holdfast-agent holdfast holdfast-agent- agent monitored-node"));
    }

    @Test
    void oneOfTwoReplicasIsActive() {
        eventually("one is active")
                .untilAsserted(() -> assertThat(prometheus.query("holdfast_operator_leader"))
                        .extracting(result -> result.at("/value/1").asText())
                        .containsExactlyInAnyOrder("0", "1"));
    }

    /** The events of an agent are those of its page; the operator had those of one start, and a warning. */
    @Test
    void everyMetricOfARuleOrPanelIsScrapedAndEveryQueryReturnsNumbers() throws Exception {
        eventually("scraped")
                .untilAsserted(() -> assertThat(ScrapedMetrics.missing(prometheus, VARIABLES))
                        .isEmpty());
        for (Dashboard.Query query : Dashboard.read().queries()) {
            String expression = query.with(VARIABLES);
            eventually(expression)
                    .untilAsserted(() -> assertThat(prometheus.query(expression))
                            .as("%s: %s", query.panel(), expression)
                            .isNotEmpty());
        }
    }

    /** This Prometheus lists by its watch; one with an older client, or an API server without that, lists first. */
    @Test
    void theShippedRoleIsWhatDiscoveryNeeds() {
        eventually("targets were found", () -> !prometheus.activeTargets().isEmpty());

        Permissions permissions = Permissions.of(cluster, "monitoring", "prometheus");

        assertThat(permissions.granted()).containsExactly("list pods", "watch pods");
        assertThat(permissions.used()).contains("watch pods").isSubsetOf(permissions.granted());
        assertThat(permissions.refused()).isEmpty();
    }
}
