package dev.holdfast.plan.pod;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.BarType;
import dev.holdfast.api.node.DeviceBar;
import dev.holdfast.api.node.Grant;
import dev.holdfast.plan.observed.ObservedPod;
import dev.holdfast.plan.observed.ReportedDevice;
import dev.holdfast.plan.observed.ReportedNode;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.qemu.shape.MmioWindow;
import dev.holdfast.qemu.shape.QemuShape;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The part of a machine that decides, with its devices, how many addresses UEFI keeps for their BARs. An annotation of the
 * pod has it, since the spec may have changed by the time the devices are known. Machines without UEFI have none.
 *
 * @param memoryBytes       the guest's memory
 * @param mainFunctionsOnly whether the guest gets the main function of a group only, as with a vIOMMU
 */
public record BarWindow(long memoryBytes, boolean mainFunctionsOnly) {
    public static final String ANNOTATION = Names.GROUP + "/bar-window";

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /** Returns the window of a machine; empty without UEFI. */
    static Optional<BarWindow> of(QemuShape shape) {
        return shape.options().uefi() == null
                ? Optional.empty()
                : Optional.of(new BarWindow(shape.memoryBytes(), shape.iommu() != null));
    }

    /** Returns the value of the annotation. */
    String published() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of a number and a flag has no JSON", e);
        }
    }

    /** Reads the annotation of a pod; empty without one, and for one that an operator of another version wrote otherwise. */
    private static Optional<BarWindow> of(Pod pod) {
        return new ObservedPod(pod).annotation(ANNOTATION).flatMap(BarWindow::parse);
    }

    private static Optional<BarWindow> parse(String annotation) {
        try {
            return Optional.ofNullable(JSON.readValue(annotation, BarWindow.class));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    /**
     * Returns the window of a running machine as part of a message, beginning with a semicolon; empty without UEFI, for
     * devices without large BARs, and when the node does not report their sizes.
     */
    public static String words(Pod pod, Grant grant, String node, ReportedNodes nodes) {
        return of(pod).map(window -> window.words(grant, node, nodes)).orElse("");
    }

    private String words(Grant grant, String node, ReportedNodes nodes) {
        List<ReportedDevice> devices =
                nodes.read(node).stream().flatMap(ReportedNode::devices).toList();
        List<List<Long>> bars = grant.devices().stream()
                .map(granted -> granted.pciAddresses().stream()
                        .limit(mainFunctionsOnly ? 1 : Long.MAX_VALUE)
                        .flatMap(address -> bars(address, devices))
                        .toList())
                .toList();
        MmioWindow window = MmioWindow.of(bars);
        return window.bytes() == 0
                ? ""
                : "; UEFI keeps %d GiB of addresses above the guest's memory for their BARs, which takes %d address bits"
                        .formatted(window.bytes() >> 30, window.addressBits(memoryBytes));
    }

    private static Stream<Long> bars(String address, List<ReportedDevice> devices) {
        return devices.stream()
                .filter(device -> device.address().equals(address))
                .flatMap(device -> device.bars().stream())
                .filter(bar -> bar.type() == BarType.mem64 && bar.prefetchable())
                .map(DeviceBar::sizeBytes);
    }
}
