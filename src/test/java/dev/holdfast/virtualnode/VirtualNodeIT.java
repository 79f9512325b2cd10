package dev.holdfast.virtualnode;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.memlock.ExactPolicy;
import dev.holdfast.qemu.qmp.Qmp;
import dev.holdfast.testbed.VirtualNode;
import dev.holdfast.testbed.WholeChain;
import dev.holdfast.testbed.fixtures.MemlockInputBuilder;
import dev.holdfast.truth.Bench;
import dev.holdfast.truth.Scenario;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The whole chain with the embedded cluster, and what the kernel of the node says without any. */
class VirtualNodeIT extends WholeChain {
    private static final long PAGE = 4096;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** The GPU that no VM of these tests uses: alone in its group. */
    private static final String SPARE_GPU = "0000:02:00.0";

    VirtualNodeIT() {
        super(Path.of("target/virtual-node-it"));
    }

    @Test
    void theKernelRefusesTheFirstMappingOnePageBelowWhatItNeeds() {
        var input = MemlockInputBuilder.guest(256 * MIB).pageBytes(PAGE).build();

        var enough = mapUnder(ExactPolicy.plan(input).requiredBytes());
        assertThat(enough.status()).as(enough.out() + enough.err()).isZero();

        var onePageLess = mapUnder(256 * MIB - PAGE);
        assertThat(onePageLess.status()).isNotZero();
        assertThat(onePageLess.err()).contains("Cannot allocate memory");
        assertThat(stage.node().exec("dmesg").orThrow())
                .contains("RLIMIT_MEMLOCK (%d) exceeded".formatted(256 * MIB - PAGE));
    }

    /** Scenarios that differ most; {@code make kernel-truth} runs all. */
    @ParameterizedTest
    @MethodSource("dev.holdfast.truth.Scenarios#inEveryBuild")
    void theKernelChargesWhatWasCounted(Scenario scenario) {
        assertThat(new Bench(build, stage.node()).find(scenario).broken()).isEmpty();
    }

    @Test
    void aDeviceThatIsPluggedInOrPulledOutIsInTheReportSoonAfterTheKernelToldOfIt() throws IOException {
        double before = agentMetric("holdfast_bus_change_seconds_count");
        try (Qmp monitor = stage.node().monitor()) {
            monitor.execute(
                    "device_add",
                    JSON.createObjectNode()
                            .put("driver", "bochs-display")
                            .put("id", "plugged")
                            .put("bus", "port-empty"));
            Device plugged = stage.await("the new display is in the report")
                    .until(() -> withoutDriver(), Optional::isPresent)
                    .orElseThrow();
            assertThat(plugged.vendorID() + ":" + plugged.deviceID()).isEqualTo("1234:1111");
            assertThat(plugged.state()).isEqualTo(DeviceState.NotViable);
            assertThat(plugged.message()).contains("has no driver; bind it to vfio-pci");

            monitor.execute("device_del", JSON.createObjectNode().put("id", "plugged"));
            stage.await("it is out of the report").until(() -> withoutDriver(), Optional::isEmpty);
        }

        assertThat(agentMetric("holdfast_bus_change_seconds_count")).isGreaterThanOrEqualTo(before + 2);
        System.out.printf("from uevent to report: at most %.3f s%n", agentMetric("holdfast_bus_change_seconds_max"));
    }

    private Optional<Device> withoutDriver() {
        return stage.api().devices().filter(device -> device.driver() == null).findFirst();
    }

    private double agentMetric(String name) {
        return agentMetrics()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the agent has no metric " + name));
    }

    private VirtualNode.Output mapUnder(long limitBytes) {
        return stage.node()
                .exec(build.script("stage/map-under-limit").toString(), SPARE_GPU, "256", Long.toString(limitBytes));
    }
}
