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
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Fields that the operator needs of an invalid spec as well: its VM may have a pod of a former spec, which is watched and
 * stopped all the same.
 */
public final class SpecBasics {
    private static final long DEFAULT_GRACE_SECONDS = 180;

    private SpecBasics() {}

    public static RunStrategy runStrategy(@Nullable PassthroughVMSpec spec) {
        return Given.of(spec, PassthroughVMSpec::runStrategy).orElse(RunStrategy.Always);
    }

    /** Returns how long the guest has to power itself off, in seconds. */
    public static long graceSeconds(@Nullable PassthroughVMSpec spec) {
        return Given.of(spec, PassthroughVMSpec::terminationGracePeriodSeconds).orElse(DEFAULT_GRACE_SECONDS);
    }

    /** Returns how many devices the spec passes through; empty for a VM without a spec. */
    public static OptionalInt devices(@Nullable PassthroughVMSpec spec) {
        return Given.of(spec).stream()
                .mapToInt(known -> gpus(known).size() + hostDevices(known).size())
                .findFirst();
    }

    /** Returns whether something of the machine outlives its pod: the variables of its UEFI. */
    public static boolean keepsState(@Nullable PassthroughVMSpec spec) {
        return Given.of(spec)
                .flatMap(known -> Given.of(known.firmware(), Firmware::bootloader, Bootloader::efi))
                .flatMap(efi -> Given.of(efi, Efi::persistent))
                .orElse(false);
    }

    /** Returns how many devices of each extended resource the spec names, by the resource's name. */
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

    /** Returns the names of the claims that the spec names, in its order. */
    public static List<String> claims(@Nullable PassthroughVMSpec spec) {
        return Given.list(Given.of(spec, PassthroughVMSpec::volumes)).stream()
                .flatMap(volume -> Given.of(volume, VmVolume::persistentVolumeClaim, VolumeClaim::claimName).stream())
                .toList();
    }

    private static List<Gpu> gpus(PassthroughVMSpec spec) {
        return Given.list(Given.of(spec.devices(), Devices::gpus));
    }

    private static List<HostDevice> hostDevices(PassthroughVMSpec spec) {
        return Given.list(Given.of(spec.devices(), Devices::hostDevices));
    }
}
