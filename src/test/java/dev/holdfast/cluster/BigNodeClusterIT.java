package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.report.NodeReporter;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.fixtures.BigNode;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.io.IOException;
import java.time.Clock;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The report of a node with more devices than most have: within the rules' bounds, and within what etcd stores. */
@OnRealCluster
class BigNodeClusterIT {
    private final RealCluster cluster;

    BigNodeClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @ParameterizedTest
    @CsvSource({"1, vfio-pci", "8, nouveau", "16, nouveau", "256, vfio-pci", "256, nouveau"})
    void aReportOf256FunctionsAnd64GrantsFits(int perGroup, String driver) throws IOException {
        String name = "big-" + driver.substring(0, 3) + "-" + perGroup;
        cluster.admin()
                .resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        try (ApiClient server = cluster.apiServerForAgentOf(name)) {
            NodeReporter reporter = new NodeReporter(server, name, Clock.systemUTC());

            reporter.report(BigNode.report(perGroup, driver));

            PassthroughNodeStatus read = Objects.requireNonNull(reporter.read());
            assertThat(read.devices()).hasSize(BigNode.FUNCTIONS);
            assertThat(read.grants()).hasSize(BigNode.GRANTS);
        }
        cluster.admin().nodes().withName(name).delete();
    }
}
