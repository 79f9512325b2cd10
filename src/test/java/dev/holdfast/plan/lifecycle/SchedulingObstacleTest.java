package dev.holdfast.plan.lifecycle;

import static dev.holdfast.testbed.fixtures.Samples.device;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.node.Blocker;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import dev.holdfast.testbed.fixtures.Samples;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class SchedulingObstacleTest {
    @Test
    void reportsNothingWhenANodeHasEnoughFreeDevices() {
        PassthroughNode node = node(List.of(
                device("0000:01:00.0", DeviceState.Free, null),
                device("0000:02:00.0", DeviceState.NotViable, "blocked")));

        assertThat(cause(1, node)).isEmpty();
    }

    @Test
    void namesTheClassThatNoAgentReports() {
        assertThat(cause(1, node(List.of()))).hasValueSatisfying(cause -> {
            assertThat(cause.reason()).isEqualTo("DeviceUnknown");
            assertThat(cause.message())
                    .startsWith("0 of 1 nodes have a holdfast.dev/test-gpu: ")
                    .contains("kubectl get ptclass test-gpu -o yaml");
        });
        assertThat(SchedulingObstacle.shortage(wanted(1), List.of(), Samples.CLASSES, Optional.empty()))
                .hasValueSatisfying(
                        cause -> assertThat(cause.message())
                                .isEqualTo(
                                        "no node has a holdfast.dev/test-gpu because no agent reports a node; ask a cluster administrator to check that the agents run"));
    }

    @Test
    void namesTheExistingClassesWhenAClassIsUnknown() {
        PassthroughNode stale = node(List.of(device("0000:01:00.0", DeviceState.Free, null)));

        assertThat(SchedulingObstacle.shortage(
                        wanted(1), List.of(stale), Set.of("nvidia-a10", "nvidia-a100"), Optional.empty()))
                .hasValue(
                        new Cause(
                                Reason.DeviceClassUnknown,
                                "PassthroughDeviceClass test-gpu not found (existing classes: nvidia-a10, nvidia-a100); create it, or correct the deviceName holdfast.dev/test-gpu of the VM"));
        assertThat(SchedulingObstacle.shortage(wanted(1), List.of(stale), Set.of(), Optional.empty()))
                .hasValueSatisfying(
                        cause -> assertThat(cause.message()).contains("not found (no device class exists)"));
    }

    @Test
    void countsTheGroupsOfAllNodesAndAddsTheSchedulersMessage() {
        List<PassthroughNode> nodes = List.of(
                named(
                        "a",
                        device("0000:01:00.0", DeviceState.Allocated, null),
                        device("0000:02:00.0", DeviceState.Quarantined, "it reads as all ones")),
                named("b", device("0000:01:00.0", DeviceState.Allocated, null)),
                named("c", device("0000:01:00.0", DeviceState.NotViable, "blocked")));

        Optional<Cause> cause = SchedulingObstacle.shortage(
                wanted(1), nodes, Samples.CLASSES, Optional.of("0/3 nodes are available: 3 Insufficient"));

        assertThat(cause)
                .hasValue(
                        new Cause(
                                Reason.DevicesInUse,
                                "0 of 3 nodes have a free holdfast.dev/test-gpu (2 in use, 1 not viable, 1 quarantined): pods use 0000:01:00.0 on a, 0000:01:00.0 on b; the VM starts when enough devices are free; stop one of these pods, or add devices; the scheduler reports: 0/3 nodes are available: 3 Insufficient"));
    }

    @Test
    void reportsThatEnoughDevicesAreFree() {
        List<PassthroughNode> nodes = List.of(named("a", device("0000:01:00.0", DeviceState.Free, null)), named("b"));

        assertThat(SchedulingObstacle.shortage(wanted(1), nodes, Samples.CLASSES, Optional.empty()))
                .isEmpty();
        assertThat(SchedulingObstacle.otherObstacle(wanted(1), nodes, Optional.of("0/2 nodes: Insufficient memory.")))
                .hasValue(
                        new Cause(
                                Reason.Unschedulable,
                                "1 of 2 nodes have a free holdfast.dev/test-gpu, so another obstacle exists; the scheduler reports: 0/2 nodes: Insufficient memory."));
    }

    @Test
    void reportsTheSchedulersMessageAloneForDevicesByClaim() {
        assertThat(SchedulingObstacle.otherObstacle(
                        new TreeMap<>(), List.of(), Optional.of("0/2 nodes: cannot allocate all claims.")))
                .hasValue(new Cause(
                        Reason.Unschedulable,
                        "no node can run the pod; the scheduler reports: 0/2 nodes: cannot allocate all claims."));
    }

    @Test
    void reportsTheAgentsMessageOfABlockedDevice() {
        PassthroughNode node =
                node(List.of(device("0000:01:00.0", DeviceState.NotViable, "bind 0000:01:00.1 to vfio-pci")));

        assertThat(cause(1, node)).hasValueSatisfying(cause -> {
            assertThat(cause.reason()).isEqualTo("DeviceNotViable");
            assertThat(cause.message()).contains(Samples.NODE, "0000:01:00.0", "bind 0000:01:00.1 to vfio-pci");
        });
    }

    @Test
    void namesTheBlockersWhenTheAgentHasNoMessage() {
        Device blocked = DeviceBuilder.at("0000:01:00.0")
                .deviceClass(Samples.CLASS)
                .notViable(null, new Blocker("0000:01:00.1", "snd_hda_intel"))
                .build();

        assertThat(cause(1, node(List.of(blocked))))
                .hasValueSatisfying(
                        cause -> assertThat(cause.message()).contains("0000:01:00.1 is bound to driver snd_hda_intel"));
    }

    @Test
    void reportsTheAgentsMessageOfAQuarantinedDevice() {
        PassthroughNode node = node(List.of(device("0000:01:00.0", DeviceState.Quarantined, "it reads as all ones")));

        assertThat(cause(1, node)).hasValueSatisfying(cause -> {
            assertThat(cause.reason()).isEqualTo("DeviceQuarantined");
            assertThat(cause.message()).contains(Samples.NODE, "0000:01:00.0", "it reads as all ones");
        });
    }

    @Test
    void namesTheDevicesInUse() {
        PassthroughNode node = node(List.of(
                device("0000:01:00.0", DeviceState.Allocated, null), device("0000:02:00.0", DeviceState.Free, null)));

        assertThat(cause(1, node)).isEmpty();
        assertThat(cause(2, node)).hasValueSatisfying(cause -> {
            assertThat(cause.reason()).isEqualTo("DevicesInUse");
            assertThat(cause.message())
                    .contains(
                            "0 of 1 nodes have 2 free holdfast.dev/test-gpu (1 free, 1 in use)",
                            "0000:01:00.0 on node-1");
        });
    }

    @Test
    void countsGroupsAndNotFunctions() {
        Device gpu = device("0000:01:00.0", DeviceState.Free, null);
        Device audio = DeviceBuilder.at("0000:01:00.1")
                .classCode("040300")
                .group(null, "0000:01:00.0")
                .deviceClass(Samples.CLASS)
                .build();

        assertThat(cause(2, node(List.of(gpu, audio))))
                .hasValueSatisfying(cause -> assertThat(cause.reason()).isEqualTo("NotEnoughDevices"));
    }

    @Test
    void reportsAVanishedDevice() {
        assertThat(cause(1, node(List.of(device("0000:01:00.0", DeviceState.Missing, null)))))
                .hasValueSatisfying(cause -> assertThat(cause.reason()).isEqualTo("DeviceMissing"));
    }

    private static PassthroughNode named(String name, Device... devices) {
        PassthroughNode node = node(List.of(devices));
        node.getMetadata().setName(name);
        return node;
    }

    private static TreeMap<String, Integer> wanted(int count) {
        TreeMap<String, Integer> wanted = new TreeMap<>();
        wanted.put(Samples.resource(), count);
        return wanted;
    }

    private static Optional<Cause> cause(int count, PassthroughNode node) {
        return SchedulingObstacle.shortage(wanted(count), List.of(node), Samples.CLASSES, Optional.empty());
    }
}
