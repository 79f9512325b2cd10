package dev.holdfast.agent.report;

import dev.holdfast.agent.Hosts;
import dev.holdfast.agent.Platforms;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.api.node.PassthroughNodeStatus.Grant;
import dev.holdfast.api.node.PassthroughNodeStatus.GrantedDevice;
import dev.holdfast.api.node.PassthroughNodeStatus.VmReference;
import dev.holdfast.host.PciFunctionBuilder;
import dev.holdfast.host.pci.Bar;
import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.PciScan;
import dev.holdfast.host.pci.Sriov;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.Inventory;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;

/** The report of a node with more devices than most have, and each of them with as much to tell as there is. */
public final class BigNode {
    public static final int FUNCTIONS = 256;
    public static final int GRANTS = 64;

    private BigNode() {}

    /**
     * All functions in one class.
     *
     * @param perGroup how many are in each IOMMU group
     */
    public static NodeReport report(int perGroup, String driver) {
        List<PciFunction> functions = IntStream.range(0, FUNCTIONS)
                .mapToObj(i -> PciFunctionBuilder.at(new PciAddress(0x10000, i / 8, i % 8, 0))
                        .ids("10de:2236")
                        .subsystem("10de:1482")
                        .driver(driver)
                        .group(i / perGroup)
                        .numaNode(i % 2)
                        .pcieRoot("pci10000:e0")
                        .bars(IntStream.range(0, 6)
                                .mapToObj(bar -> new Bar(bar, 1L << 46, Bar.Type.mem32, false))
                                .toArray(Bar[]::new))
                        .resetMethods("device_specific", "acpi", "flr", "af_flr", "pm", "bus")
                        .sriov(new Sriov.Physical(0, 65535))
                        .description("N".repeat(96))
                        .build())
                .toList();
        var everything = new DeviceClass(
                "a-class-with-a-name-as-long-as-that-of-a-class-can-be-63-letter",
                List.of(new Selector("10de", null, null, null, null, null)));
        return new NodeReport(
                UUID.randomUUID().toString(),
                Platforms.ready(),
                Inventory.of(
                        Hosts.ready(new PciScan(functions, List.of(), List.of())),
                        List.of(everything),
                        Map.of(),
                        Inventory.EMPTY),
                Set.of(),
                IntStream.range(0, GRANTS).mapToObj(BigNode::grant).toList());
    }

    private static Grant grant(int number) {
        return new Grant(
                UUID.randomUUID().toString(),
                new VmReference("a-namespace", "vm-" + number, UUID.randomUUID().toString()),
                4_194_303,
                (1L << 53) - 1,
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
