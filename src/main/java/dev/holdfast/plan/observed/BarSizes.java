package dev.holdfast.plan.observed;

import dev.holdfast.api.node.BarType;
import dev.holdfast.api.node.PassthroughNode;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Memory BARs of the devices of each class, as nodes report them: the sum over all functions that a guest gets with a device,
 * and the largest sum of all devices of the class. As a node's report is not trusted, a device counts with at most
 * {@link #MAX_BYTES}.
 *
 * @param all       by class, over all functions of a device
 * @param mainAlone by class, of the main function alone
 */
public record BarSizes(Map<String, Long> all, Map<String, Long> mainAlone) {
    /** Twice the largest GPU of 2026. It limits the memory that one node's report can add to each pod of a class. */
    public static final long MAX_BYTES = 1L << 40;

    public BarSizes {
        all = Map.copyOf(all);
        mainAlone = Map.copyOf(mainAlone);
    }

    /** Returns what one node reports. */
    public static BarSizes of(PassthroughNode report) {
        Map<String, Long> all = new HashMap<>();
        Map<String, Long> mainAlone = new HashMap<>();
        List<ReportedDevice> offered = new ReportedNode(report)
                .devices()
                .filter(device -> device.deviceClass().isPresent())
                .toList();
        Map<String, Long> groups = new HashMap<>();
        offered.forEach(device -> groups.merge(device.group(), bytes(device), BarSizes::sum));
        offered.forEach(device -> {
            String deviceClass = device.deviceClass().orElseThrow();
            all.merge(deviceClass, Objects.requireNonNull(groups.get(device.group())), Math::max);
            if (device.group().equals(device.address())) {
                mainAlone.merge(deviceClass, bytes(device), Math::max);
            }
        });
        return new BarSizes(all, mainAlone);
    }

    /** Returns the largest of several nodes' sizes for each class. */
    public static BarSizes largest(Collection<BarSizes> nodes) {
        Map<String, Long> all = new HashMap<>();
        Map<String, Long> mainAlone = new HashMap<>();
        for (BarSizes node : nodes) {
            node.all.forEach((deviceClass, bytes) -> all.merge(deviceClass, bytes, Math::max));
            node.mainAlone.forEach((deviceClass, bytes) -> mainAlone.merge(deviceClass, bytes, Math::max));
        }
        return new BarSizes(all, mainAlone);
    }

    /**
     * Returns the bytes of the class's largest device.
     *
     * @param onlyMain whether the guest gets only the main function, as with an IOMMU for the guest
     * @return empty when no node reports a memory BAR of the class
     */
    public OptionalLong largest(String deviceClass, boolean onlyMain) {
        long bytes = (onlyMain ? mainAlone : all).getOrDefault(deviceClass, 0L);
        return bytes == 0 ? OptionalLong.empty() : OptionalLong.of(bytes);
    }

    private static long bytes(ReportedDevice device) {
        return device.bars().stream()
                .filter(bar -> bar.type() != BarType.io)
                .mapToLong(bar -> Math.clamp(bar.sizeBytes(), 0, MAX_BYTES))
                .reduce(0, BarSizes::sum);
    }

    private static long sum(long a, long b) {
        return Math.min(MAX_BYTES, a + b);
    }
}
