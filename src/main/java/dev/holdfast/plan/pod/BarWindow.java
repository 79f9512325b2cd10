package dev.holdfast.plan.pod;

import dev.holdfast.api.Names;
import dev.holdfast.api.node.BarType;
import dev.holdfast.api.node.DeviceBar;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.plan.observed.ReportedDevice;
import dev.holdfast.plan.observed.ReportedNode;
import dev.holdfast.qemu.shape.MmioWindow;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.qemu.shape.QemuShapeJson;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The room that UEFI was told to keep for the BARs of a running machine's devices, in words: the launcher computed it from the same sizes. */
public final class BarWindow {
    private BarWindow() {}

    /**
     * A part of a sentence that begins with a semicolon; empty for SeaBIOS, which needs no telling, for devices without large
     * BARs, and when the node does not tell their sizes.
     */
    public static String words(Pod pod, Grant grant, String node, List<PassthroughNode> nodes) {
        return shape(pod)
                .filter(shape -> shape.board().uefi() != null)
                .map(shape -> words(shape, grant, node, nodes))
                .orElse("");
    }

    /** What the pod was made from: the VM's spec may say something else by now. */
    private static Optional<QemuShape> shape(Pod pod) {
        try {
            return pod.getSpec().getContainers().stream()
                    .filter(container -> Names.QEMU_CONTAINER.equals(container.getName()))
                    .findFirst()
                    .map(container -> QemuShapeJson.read(container.getArgs().getLast()));
        } catch (IllegalArgumentException e) {
            // An operator of another version made it.
            return Optional.empty();
        }
    }

    private static String words(QemuShape shape, Grant grant, String node, List<PassthroughNode> nodes) {
        List<ReportedDevice> devices = nodes.stream()
                .map(ReportedNode::new)
                .filter(candidate -> candidate.name().equals(node))
                .flatMap(ReportedNode::devices)
                .toList();
        List<List<Long>> bars = grant.devices().stream()
                .map(granted -> granted.pciAddresses().stream()
                        .limit(shape.iommu() == null ? Long.MAX_VALUE : 1)
                        .flatMap(address -> bars(address, devices))
                        .toList())
                .toList();
        MmioWindow window = MmioWindow.of(bars);
        return window.bytes() == 0
                ? ""
                : "; UEFI keeps %d GiB of addresses above the guest's memory for their BARs, which takes %d address bits"
                        .formatted(window.bytes() >> 30, window.addressBits(shape.memoryBytes()));
    }

    private static Stream<Long> bars(String address, List<ReportedDevice> devices) {
        return devices.stream()
                .filter(device -> device.address().equals(address))
                .flatMap(device -> device.bars().stream())
                .filter(bar -> bar.type() == BarType.mem64 && bar.prefetchable())
                .map(DeviceBar::sizeBytes);
    }
}
