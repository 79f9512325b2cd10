package dev.holdfast.agent.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.testbed.fixtures.BigNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BigNodeTest {
    /**
     * Maximum size of the status. An object has 1.5 MiB; its managed fields, with the same names and keys, take up to
     * as much again.
     */
    private static final int HALF_AN_OBJECT = 750 * 1024;

    @ParameterizedTest
    @CsvSource({"1, vfio-pci", "1, nouveau", "8, nouveau", "16, nouveau", "17, nouveau", "256, vfio-pci", "256, nouveau"
    })
    void fitsInOneObject(int perGroup, String driver) {
        String json = Serialization.asJson(status(perGroup, driver));

        assertThat(json.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(100_000, HALF_AN_OBJECT);
    }

    @Test
    void reportsTheDetailsOfALargeGroupWithOneDevice() {
        List<Device> devices = devices(status(256, "nouveau"));

        assertThat(devices.getFirst().groupMembers()).hasSize(BigNode.FUNCTIONS);
        assertThat(devices.getFirst().blockers()).hasSize(8);
        assertThat(devices.getFirst().message()).contains("is bound to nouveau");
        assertThat(devices.subList(1, BigNode.FUNCTIONS)).allSatisfy(device -> {
            assertThat(device.groupID()).isEqualTo("10000:00:00.0");
            assertThat(device.groupMembers()).isNull();
            assertThat(device.blockers()).isNull();
            assertThat(device.viable()).isFalse();
            assertThat(device.message()).isEqualTo("see 10000:00:00.0, which represents the group");
        });
    }

    @Test
    void reportsTheDetailsOfASmallGroupWithEachDevice() {
        assertThat(devices(status(16, "nouveau"))).allSatisfy(device -> {
            assertThat(device.groupMembers()).hasSize(16).contains(device.pciAddress());
            assertThat(device.message()).contains("is bound to nouveau");
        });
    }

    @Test
    void reportsNoMessageForALargeViableGroup() {
        assertThat(devices(status(256, "vfio-pci"))).extracting(Device::message).containsOnlyNulls();
    }

    private static PassthroughNodeStatus status(int perGroup, String driver) {
        return BigNode.report(perGroup, driver).status(null, Instant.EPOCH);
    }

    private static List<Device> devices(PassthroughNodeStatus status) {
        return Objects.requireNonNull(status.devices());
    }
}
