package dev.holdfast.plan.claims;

import dev.holdfast.plan.claims.SliceDevice.Id;
import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourcePool;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The devices that drivers offer in ResourceSlices.
 *
 * @param allocated devices that claims of any namespace have allocated; adminAccess leaves a device free
 */
public record SliceDevices(List<SliceDevice> all, Set<Id> allocated) {
    private static final SliceDevices NONE = new SliceDevices(List.of(), Set.of());

    /** A pool of a driver: only the slices of its latest generation count, and only when all of them are there. */
    private record Pool(String driver, String name) {}

    public SliceDevices {
        all = List.copyOf(all);
        allocated = Set.copyOf(allocated);
    }

    public static SliceDevices none() {
        return NONE;
    }

    /** Reads the devices of slices, and which of them are allocated. A slice that could not be decoded has no spec. */
    public static SliceDevices of(Collection<ResourceSlice> slices, Collection<ResourceClaim> claims) {
        List<ResourceSlice> decoded =
                slices.stream().filter(slice -> slice.getSpec() != null).toList();
        Map<Pool, Long> generations = new HashMap<>();
        decoded.forEach(slice -> generations.merge(pool(slice), generation(slice), Math::max));
        List<ResourceSlice> newest = decoded.stream()
                .filter(slice -> Long.valueOf(generation(slice)).equals(generations.get(pool(slice))))
                .toList();
        Map<Pool, Long> counts =
                newest.stream().collect(Collectors.groupingBy(SliceDevices::pool, Collectors.counting()));
        return new SliceDevices(
                newest.stream()
                        .filter(slice -> Long.valueOf(sliceCount(slice)).equals(counts.get(pool(slice))))
                        .flatMap(SliceDevice::of)
                        .toList(),
                claims.stream()
                        .flatMap(claim -> ClaimAllocation.of(claim).stream())
                        .flatMap(allocation -> allocation.results().stream())
                        .filter(result -> !Given.isTrue(Given.of(result.getAdminAccess())))
                        .map(SliceDevices::id)
                        .collect(Collectors.toSet()));
    }

    /** Returns the devices that a DeviceClass selects; empty when only the scheduler can tell. */
    public Optional<List<SliceDevice>> selectedBy(DeviceSelection selection) {
        return switch (selection) {
            case DeviceSelection.OfClass ofClass ->
                Optional.of(all.stream().filter(ofClass::selects).toList());
            case DeviceSelection.OfDriver ofDriver ->
                Optional.of(all.stream()
                        .filter(device -> device.id().driver().equals(ofDriver.driver()))
                        .toList());
            case DeviceSelection.Unknown unknown -> Optional.empty();
        };
    }

    /** Returns the device of an allocation; empty when its driver does not offer it any more. */
    public Optional<SliceDevice> find(DeviceRequestAllocationResult result) {
        Id wanted = id(result);
        return all.stream().filter(device -> device.id().equals(wanted)).findFirst();
    }

    /**
     * Returns the other driver's device that is the same PCI function on the same node as a device of Holdfast, or the device
     * of Holdfast that is the same as another driver's; empty when only one driver offers the function.
     */
    public Optional<SliceDevice> offeredTwice(SliceDevice device) {
        return device.function().isEmpty()
                ? Optional.empty()
                : all.stream()
                        .filter(other -> other.node().equals(device.node())
                                && other.function().equals(device.function())
                                && other.isOwn() != device.isOwn())
                        .findFirst();
    }

    public boolean isFree(SliceDevice device) {
        return !allocated.contains(device.id());
    }

    /** Returns the size of the largest BAR of these devices; empty when none reports one. */
    public static OptionalLong largestMemory(Collection<SliceDevice> devices) {
        return devices.stream()
                .flatMapToLong(device -> device.memoryBytes().stream())
                .max();
    }

    private static Id id(DeviceRequestAllocationResult result) {
        return new Id(result.getDriver(), result.getPool(), result.getDevice());
    }

    private static Pool pool(ResourceSlice slice) {
        return new Pool(
                slice.getSpec().getDriver(),
                Given.of(slice.getSpec().getPool(), ResourcePool::getName).orElse(""));
    }

    private static long sliceCount(ResourceSlice slice) {
        return Given.of(slice.getSpec().getPool(), ResourcePool::getResourceSliceCount)
                .orElse(0L);
    }

    private static long generation(ResourceSlice slice) {
        return Given.of(slice.getSpec().getPool(), ResourcePool::getGeneration).orElse(0L);
    }
}
