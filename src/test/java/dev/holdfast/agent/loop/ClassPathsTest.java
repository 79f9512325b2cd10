package dev.holdfast.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.loop.HeldGroups.Held;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Binding;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Companions;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.host.pci.PciScan;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.pci.GroupId;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.Hosts;
import dev.holdfast.testbed.fixtures.PciFunctionBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClassPathsTest {
    private static final GroupId ONE = Groups.id("0000:03:00.0");
    private static final GroupId OTHER = Groups.id("0000:04:00.0");

    @Test
    void servesAClassAsItSays() {
        ClassPaths paths = ClassPaths.of(
                List.of(gpus("by-plugin", Allocation.DevicePlugin), gpus("by-claim", Allocation.DRA)), Held.NONE);

        assertThat(paths).isEqualTo(new ClassPaths(Set.of("by-claim"), Map.of()));
    }

    @Test
    void waitsForPodsThatHoldADeviceByTheDevicePlugin() {
        ClassPaths paths = ClassPaths.of(
                List.of(gpus("gpus", Allocation.DRA)), new Held(Map.of(OTHER, "others", ONE, "gpus"), Map.of()));

        assertThat(paths.byClaim("gpus")).isFalse();
        assertThat(paths.waiting())
                .containsExactly(Map.entry(
                        "gpus",
                        "a pod holds 0000:03:00.0 of device class gpus by a device plugin, but the allocation of the"
                                + " class is DRA; its free devices are offered once such pods have ended, or when the"
                                + " former allocation is set again"));
    }

    @Test
    void waitsForPodsThatHoldADeviceByAClaim() {
        ClassPaths paths =
                ClassPaths.of(List.of(gpus("gpus", Allocation.DevicePlugin)), new Held(Map.of(), Map.of(ONE, "gpus")));

        assertThat(paths.byClaim("gpus")).isTrue();
        assertThat(paths.waiting().get("gpus"))
                .startsWith("a pod holds 0000:03:00.0 of device class gpus by a ResourceClaim");
    }

    @Test
    void doesNotWaitForPodsOnTheSamePath() {
        assertThat(ClassPaths.of(List.of(gpus("gpus", Allocation.DRA)), new Held(Map.of(), Map.of(ONE, "gpus"))))
                .isEqualTo(new ClassPaths(Set.of("gpus"), Map.of()));
    }

    @Test
    void reportsTheReasonForFreeDevicesOnly() {
        Inventory inventory = inventory();
        ClassPaths waiting = new ClassPaths(Set.of(), Map.of("gpus", "waits"));
        assertThat(waiting.messages(inventory, Set.of(ONE), Optional.empty())).isEqualTo(Map.of(OTHER, "waits"));

        ClassPaths byClaim = new ClassPaths(Set.of("gpus"), Map.of());
        assertThat(byClaim.messages(inventory, Set.of(), Optional.of("no slices")))
                .isEqualTo(Map.of(ONE, "no slices", OTHER, "no slices"));
        assertThat(byClaim.messages(inventory, Set.of(), Optional.empty())).isEmpty();
    }

    private static Inventory inventory() {
        return Inventory.of(
                Hosts.ready(new PciScan(
                        List.of(
                                PciFunctionBuilder.at(ONE.main()).build(),
                                PciFunctionBuilder.at(OTHER.main()).group(8).build()),
                        List.of(),
                        List.of())),
                List.of(gpus("gpus", Allocation.DRA)),
                Map.of(),
                Inventory.EMPTY);
    }

    private static DeviceClass gpus(String name, Allocation allocation) {
        return new DeviceClass(
                name,
                List.of(new Selector("10de", null, null, null, null, null)),
                Map.of(),
                Binding.Adopt,
                Companions.Auto,
                allocation);
    }
}
