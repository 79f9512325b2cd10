package dev.holdfast.agent.grant.decision;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.grant.GrantFixtures;
import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.agent.grant.decision.DeviceAssignment.Assigned;
import dev.holdfast.agent.grant.decision.DeviceAssignment.Unassigned;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.vm.devices.HostDevice;
import dev.holdfast.pci.GroupId;
import dev.holdfast.testbed.fixtures.Groups;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceAssignmentTest {
    private static final List<HostDevice> GPUS = List.of(
            new HostDevice("first", GrantFixtures.GPU, null, null),
            new HostDevice("second", GrantFixtures.GPU, null, null));
    private static final List<HostDevice> OTHERS = List.of(
            new HostDevice("nic", GrantFixtures.NIC, null, null),
            new HostDevice("third", GrantFixtures.GPU, null, null));
    private static final GroupId GONE = Groups.id("0000:0f:00.0");
    private static final Pod POD = GrantFixtures.pod(
                    GrantFixtures.GPU, GrantFixtures.GPU, GrantFixtures.GPU, GrantFixtures.NIC)
            .build();

    @Test
    void assignsIdsInAscendingOrderToGpusAndThenHostDevices() {
        Map<String, List<String>> held = Map.of(
                GrantFixtures.GPU,
                List.of("0000:0a:00.0", "0000:03:00.0", "0000:01:00.0"),
                GrantFixtures.NIC,
                List.of("0000:02:00.0"));

        DeviceAssignment assignment = assign(GPUS, OTHERS, POD, held);

        assertThat(assignment)
                .isInstanceOfSatisfying(
                        Assigned.class,
                        assigned -> assertThat(assigned.devices())
                                .containsExactly(
                                        device("first", "0000:01:00.0"),
                                        device("second", "0000:03:00.0"),
                                        device("nic", "0000:02:00.0"),
                                        device("third", "0000:0a:00.0")));
    }

    @Test
    void waitsUntilTheKubeletReportsAllDevices() {
        assertThat(assign(GPUS, OTHERS, POD, Map.of(GrantFixtures.GPU, List.of("0000:01:00.0"))))
                .isInstanceOfSatisfying(
                        Unassigned.class,
                        unassigned -> assertThat(unassigned.why())
                                .isEqualTo(new Wait(
                                        "the kubelet has reported 1 of 3 holdfast.dev/gpu for the pod so far")));
    }

    @Test
    void refusesASpecThatRequiresMoreThanItsPodWasMadeFor() {
        assertRefused(
                assign(
                        GPUS,
                        List.of(),
                        GrantFixtures.pod(GrantFixtures.GPU).build(),
                        Map.of(GrantFixtures.GPU, List.of("0000:01:00.0"))),
                RefusalCode.SPEC_CHANGED);
    }

    @Test
    void refusesAPodThatHoldsMoreThanItsSpecRequires() {
        assertRefused(
                assign(
                        GPUS.subList(0, 1),
                        List.of(),
                        GrantFixtures.pod(GrantFixtures.GPU).build(),
                        Map.of(GrantFixtures.GPU, List.of("0000:01:00.0", "0000:03:00.0"))),
                RefusalCode.SPEC_CHANGED);
    }

    /** IDs of devices of another plugin of the same resource, and another spelling of an address, are no groups either. */
    @ParameterizedTest
    @ValueSource(strings = {"0000:0f:00.0", "gone", "0000:0A:00.0"})
    void refusesADeviceThatIsNoLongerOnTheNode(String id) {
        assertRefused(
                assign(
                        GPUS.subList(0, 1),
                        List.of(),
                        GrantFixtures.pod(GrantFixtures.GPU).build(),
                        Map.of(GrantFixtures.GPU, List.of(id))),
                RefusalCode.DEVICE_GONE);
    }

    private static DeviceAssignment assign(
            List<HostDevice> gpus, List<HostDevice> others, Pod pod, Map<String, List<String>> held) {
        return DeviceAssignment.of(
                GrantFixtures.facts(GrantFixtures.vm(GrantFixtures.devices(gpus, others), null)),
                held,
                new ClaimedDevice.Facts(
                        GrantFixtures.NAMESPACE,
                        GrantFixtures.NODE,
                        GrantFixtures.facts(pod),
                        Map.of(),
                        List.of(),
                        ForeignFacts.NONE),
                id -> id.equals(GONE) ? Optional.empty() : Optional.of(Groups.ofTwo(id, 7, 1)));
    }

    private static GrantedDevice device(String name, String address) {
        return new GrantedDevice(name, List.of(address, address.replace(".0", ".1")), 7, 1);
    }

    private static void assertRefused(DeviceAssignment assignment, RefusalCode reason) {
        assertThat(assignment)
                .isInstanceOfSatisfying(
                        Unassigned.class,
                        unassigned -> assertThat(unassigned.why())
                                .isInstanceOfSatisfying(
                                        Refuse.class,
                                        refuse -> assertThat(refuse.reason()).isEqualTo(reason)));
    }
}
