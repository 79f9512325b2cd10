package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.DeviceClass;
import dev.holdfast.agent.Inventory;
import dev.holdfast.agent.Platform;
import dev.holdfast.agent.report.NodeReport;
import dev.holdfast.agent.report.NodeReporter;
import dev.holdfast.api.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.api.PassthroughNodeStatus;
import dev.holdfast.api.PassthroughNodeStatus.Grant;
import dev.holdfast.api.PassthroughNodeStatus.GrantedDevice;
import dev.holdfast.api.PassthroughNodeStatus.VmReference;
import dev.holdfast.host.PciAddress;
import dev.holdfast.host.PciFunction;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The report of a node with more devices than most have: within the rules' bounds, and within what etcd stores. */
@OnRealCluster
class BigNodeClusterIT {
    private static final int FUNCTIONS = 256;
    private static final int GRANTS = 64;

    private final RealCluster cluster;

    BigNodeClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @ParameterizedTest
    @CsvSource({"1, vfio-pci", "8, nouveau", "256, vfio-pci", "256, nouveau"})
    void aReportOf256FunctionsAnd64GrantsFits(int perGroup, String driver) {
        String name = "big-" + driver.substring(0, 3) + "-" + perGroup;
        cluster.admin()
                .resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        NodeReporter reporter = new NodeReporter(cluster.agentOf(name), name, Clock.systemUTC());

        reporter.report(report(perGroup, driver));

        PassthroughNodeStatus read = Objects.requireNonNull(reporter.read());
        assertThat(read.devices()).hasSize(FUNCTIONS);
        assertThat(read.grants()).hasSize(GRANTS);
        cluster.admin().nodes().withName(name).delete();
    }

    private static NodeReport report(int perGroup, String driver) {
        List<PciFunction> functions = IntStream.range(0, FUNCTIONS)
                .mapToObj(i -> new PciFunction(
                        new PciAddress(0x10000, i / 8, i % 8, 0),
                        "10de",
                        "2236",
                        "10de",
                        "1482",
                        "030200",
                        false,
                        driver,
                        i / perGroup,
                        i % 2))
                .toList();
        var everything = new DeviceClass(
                "a-class-with-a-name-as-long-as-that-of-a-class-can-be-63-letter",
                List.of(new Selector("10de", null, null, null, null, null)));
        Inventory inventory = Inventory.of(functions, List.of(everything), Map.of(), Inventory.EMPTY);
        return new NodeReport(
                UUID.randomUUID().toString(),
                new Platform(true, true, true, false),
                inventory,
                Set.of(),
                IntStream.range(0, GRANTS).mapToObj(BigNodeClusterIT::grant).toList());
    }

    private static Grant grant(int number) {
        return new Grant(
                UUID.randomUUID().toString(),
                new VmReference("a-namespace", "vm-" + number, UUID.randomUUID().toString()),
                4_194_303,
                Long.MAX_VALUE,
                IntStream.range(0, 4)
                        .mapToObj(device ->
                                new GrantedDevice("gpu" + device, List.of("10000:00:00.0", "10000:00:00.1"), 4711, 1))
                        .toList(),
                1L << 46,
                1L << 46,
                1L << 46,
                1L << 46,
                1L << 46,
                "2026-11-22T12:00:00.123456789Z");
    }
}
