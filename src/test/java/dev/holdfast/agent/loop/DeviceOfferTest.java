package dev.holdfast.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeviceOfferTest {
    private static final GroupId GPU = Groups.id("0000:03:00.0");
    private static final DeviceClass CLASS = new DeviceClass(
            "gpus",
            List.of(new Selector("10de", null, null, null, null, null)),
            Map.of(),
            Binding.Adopt,
            Companions.Auto,
            Allocation.DRA);

    @Test
    void aDeletedClassGetsNoDevicePluginForAClaimThatHasItsDevice() {
        PciScan bus = new PciScan(List.of(PciFunctionBuilder.at(GPU.main()).build()), List.of(), List.of());
        Inventory before = Inventory.of(Hosts.ready(bus), List.of(CLASS), Map.of(GPU, "gpus"), Inventory.EMPTY);
        Inventory now = Inventory.of(Hosts.ready(bus), List.of(), Map.of(GPU, "gpus"), before);

        DeviceOffer offer = DeviceOffer.of(
                now,
                List.of(),
                group -> null,
                new ClassPaths(Set.of(), Map.of()),
                group -> group.equals(GPU) ? "a claim has it" : null);

        assertThat(offer.claimable())
                .singleElement()
                .satisfies(device -> assertThat(device.groupId()).isEqualTo(GPU));
        assertThat(offer.devices()).isEmpty();
    }
}
