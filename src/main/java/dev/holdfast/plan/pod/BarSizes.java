package dev.holdfast.plan.pod;

import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughNodeStatus.Bar;
import dev.holdfast.api.PassthroughNodeStatus.BarType;
import dev.holdfast.api.PassthroughNodeStatus.Device;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Memory BARs of the devices of each class, as nodes report them: the sum over all functions that a guest gets with a device,
 * and of all devices of the class the largest. A node is believed only so far: no device counts with more than
 * {@link #MAX_BYTES}.
 */
public final class BarSizes {
    /** Twice the largest GPU of 2026. It bounds what a single node can make every pod of a class ask for. */
    public static final long MAX_BYTES = 1L << 40;

    private final Map<String, Long> all = new HashMap<>();
    private final Map<String, Long> mainAlone = new HashMap<>();

    public BarSizes(List<PassthroughNode> nodes) {
        nodes.forEach(this::add);
    }

    private void add(PassthroughNode node) {
        Map<String, Long> groups = new HashMap<>();
        devices(node).forEach(device -> groups.merge(groupId(device), bytes(device), BarSizes::sum));
        devices(node).forEach(device -> {
            String deviceClass = Objects.requireNonNull(device.deviceClass());
            String id = groupId(device);
            all.merge(deviceClass, Objects.requireNonNull(groups.get(id)), Math::max);
            if (id.equals(device.pciAddress())) {
                mainAlone.merge(deviceClass, bytes(device), Math::max);
            }
        });
    }

    /**
     * Bytes of the class's largest device.
     *
     * @param onlyMain whether the guest gets the main function alone, as one with an IOMMU does
     * @return empty when no node reports a memory BAR of the class
     */
    public OptionalLong largest(String deviceClass, boolean onlyMain) {
        Long bytes = (onlyMain ? mainAlone : all).get(deviceClass);
        return bytes == null || bytes == 0 ? OptionalLong.empty() : OptionalLong.of(bytes);
    }

    private static String groupId(Device device) {
        return Objects.requireNonNullElse(device.groupID(), device.pciAddress());
    }

    private static Stream<Device> devices(PassthroughNode node) {
        return node.getStatus() == null || node.getStatus().devices() == null
                ? Stream.empty()
                : node.getStatus().devices().stream().filter(device -> device.deviceClass() != null);
    }

    private static long bytes(Device device) {
        return Objects.requireNonNullElse(device.bars(), List.<Bar>of()).stream()
                .filter(bar -> bar.type() != BarType.io)
                .mapToLong(bar -> Math.clamp(bar.sizeBytes(), 0, MAX_BYTES))
                .reduce(0, BarSizes::sum);
    }

    private static long sum(long a, long b) {
        return Math.min(MAX_BYTES, a + b);
    }
}
