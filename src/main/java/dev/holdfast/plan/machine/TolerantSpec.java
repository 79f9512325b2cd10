package dev.holdfast.plan.machine;

import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.api.vm.devices.Devices;
import dev.holdfast.api.vm.devices.Gpu;
import dev.holdfast.api.vm.devices.HostDevice;
import dev.holdfast.api.vm.machine.Bootloader;
import dev.holdfast.api.vm.machine.Efi;
import dev.holdfast.api.vm.machine.Firmware;
import dev.holdfast.api.vm.storage.VmVolume;
import dev.holdfast.api.vm.storage.VolumeClaim;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Fields that the operator reads from an invalid spec too: the VM may have a pod that was created from an earlier spec, which is still
 * watched and stopped.
 */
public final class TolerantSpec {
    private TolerantSpec() {}

    public static RunStrategy runStrategy(@Nullable PassthroughVMSpec spec) {
        return Given.of(spec, PassthroughVMSpec::runStrategy).orElse(RunStrategy.Always);
    }

    /** Returns the time for the guest to power itself off, in seconds. */
    public static long graceSeconds(@Nullable PassthroughVMSpec spec) {
        return Given.of(spec, PassthroughVMSpec::terminationGracePeriodSeconds)
                .orElse(PassthroughVMSpec.DEFAULT_GRACE_SECONDS);
    }

    /** Returns the number of devices to pass through; empty for a VM without a spec. */
    public static OptionalInt devices(@Nullable PassthroughVMSpec spec) {
        return Given.of(spec).stream()
                .mapToInt(known -> gpus(known).size() + hostDevices(known).size())
                .findFirst();
    }

    /** Returns whether the machine has state that outlives its pod: its UEFI variables. */
    public static boolean keepsState(@Nullable PassthroughVMSpec spec) {
        return Given.of(spec)
                .flatMap(known -> Given.of(known.firmware(), Firmware::bootloader, Bootloader::efi))
                .flatMap(efi -> Given.of(efi, Efi::persistent))
                .orElse(false);
    }

    /** Returns the number of devices of each extended resource, by the resource's name; without devices by claim. */
    public static SortedMap<String, Integer> deviceCounts(@Nullable PassthroughVMSpec spec) {
        SortedMap<String, Integer> counts = new TreeMap<>();
        Given.of(spec).stream()
                .flatMap(known -> Stream.concat(
                        gpus(known).stream().map(Gpu::deviceName),
                        hostDevices(known).stream().map(HostDevice::deviceName)))
                .filter(Objects::nonNull)
                .forEach(resource -> counts.merge(resource, 1, Integer::sum));
        return counts;
    }

    /** Returns the names of the claims in the spec, in the spec's order. */
    public static List<String> claims(@Nullable PassthroughVMSpec spec) {
        return Given.list(Given.of(spec, PassthroughVMSpec::volumes)).stream()
                .flatMap(volume -> Given.of(volume, VmVolume::persistentVolumeClaim, VolumeClaim::claimName).stream())
                .toList();
    }

    /** Returns the names of the ResourceClaims and ResourceClaimTemplates in the spec. */
    public static List<String> resourceClaims(@Nullable PassthroughVMSpec spec) {
        return Given.list(Given.of(spec, PassthroughVMSpec::resourceClaims)).stream()
                .flatMap(claim ->
                        Stream.of(Given.of(claim.resourceClaimName()), Given.of(claim.resourceClaimTemplateName())))
                .flatMap(Optional::stream)
                .toList();
    }

    private static List<Gpu> gpus(PassthroughVMSpec spec) {
        return Given.list(Given.of(spec.devices(), Devices::gpus));
    }

    private static List<HostDevice> hostDevices(PassthroughVMSpec spec) {
        return Given.list(Given.of(spec.devices(), Devices::hostDevices));
    }
}
