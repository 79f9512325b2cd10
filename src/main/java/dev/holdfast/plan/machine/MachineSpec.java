package dev.holdfast.plan.machine;

import dev.holdfast.api.Cause;
import dev.holdfast.api.vm.PassthroughVMSpec;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The machine of a valid spec, with defaults applied. Two specs that differ only in notation, such as 1Gi and 1024Mi or an
 * explicit default, have equal machines.
 *
 * @param devices       devices to pass through: GPUs first, then host devices, each in the spec's order
 * @param deviceClaims  claims by which devices are allocated, in the spec's order
 * @param rng           the guest has a source of random numbers
 * @param disks         each with its volume, in the spec's order
 * @param graceSeconds  time for the guest to power itself off, 0 or more
 * @param launcherImage empty for the operator's default
 */
public record MachineSpec(
        Processors processors,
        GuestMemory memory,
        MemlockRule memlock,
        BootFirmware firmware,
        KernelStart kernel,
        MachineClock clock,
        List<PassedDevice> devices,
        List<PodClaim> deviceClaims,
        GuestIommu iommu,
        Display display,
        boolean rng,
        WatchdogTimer watchdog,
        List<MachineDisk> disks,
        List<NetworkCard> networkCards,
        Placement placement,
        long graceSeconds,
        String launcherImage) {
    public MachineSpec {
        devices = List.copyOf(devices);
        deviceClaims = List.copyOf(deviceClaims);
        disks = List.copyOf(disks);
        networkCards = List.copyOf(networkCards);
    }

    /** Result of reading a spec. */
    public sealed interface Result {}

    /** The machine of a valid spec. */
    public record Valid(MachineSpec machine) implements Result {}

    /**
     * The causes why a spec is invalid.
     *
     * @param causes at least one
     */
    public record Invalid(List<Cause> causes) implements Result {
        public Invalid {
            causes = List.copyOf(causes);
        }

        /** Returns the first cause, with the number of the others in its message. */
        public Cause cause() {
            Cause first = causes.getFirst();
            int more = causes.size() - 1;
            return more == 0 ? first : new Cause(first.reason(), "%s; and %d more".formatted(first.message(), more));
        }
    }

    /**
     * Reads a spec, whether or not an API server has stored it.
     *
     * @param spec null for a VM without a spec
     */
    public static Result of(@Nullable PassthroughVMSpec spec) {
        List<Cause> causes = SpecFaults.of(spec);
        return causes.isEmpty() && spec != null ? new Valid(new SpecReader(spec).machine()) : new Invalid(causes);
    }

    /** Returns the number of devices of each extended resource, by the resource's name; without devices by claim. */
    public SortedMap<String, Integer> deviceCounts() {
        SortedMap<String, Integer> counts = new TreeMap<>();
        devices.forEach(device -> {
            if (device.source() instanceof DeviceSource.OfClass deviceClass) {
                counts.merge(deviceClass.name().resource(), 1, Integer::sum);
            }
        });
        return counts;
    }

    /** Returns the requests of claims that allocate devices, in the devices' order. */
    public List<DeviceSource.OfClaim> claimedDevices() {
        return devices.stream()
                .map(PassedDevice::source)
                .filter(DeviceSource.OfClaim.class::isInstance)
                .map(DeviceSource.OfClaim.class::cast)
                .toList();
    }

    /** Returns the names of the disks' PersistentVolumeClaims, in the disks' order. */
    public List<String> claims() {
        return disks.stream()
                .map(MachineDisk::volume)
                .filter(DiskVolume.Claim.class::isInstance)
                .map(volume -> ((DiskVolume.Claim) volume).claimName())
                .toList();
    }

    /** Returns the number of the devices' address spaces: one for each device with an IOMMU for the guest, else one for all. */
    public int addressSpaces() {
        return iommu == GuestIommu.NONE ? 1 : devices.size();
    }

    /** Returns the launcher image of the spec, or the given default. */
    public String launcherImageOr(String defaultImage) {
        return launcherImage.isEmpty() ? defaultImage : launcherImage;
    }
}
