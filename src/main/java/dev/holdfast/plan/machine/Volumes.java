package dev.holdfast.plan.machine;

import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.VmDisk;
import dev.holdfast.api.vm.VmVolume;
import dev.holdfast.api.vm.VolumeClaim;
import java.util.List;
import java.util.Objects;

/** The disks of a spec and their volumes. */
final class Volumes {
    private Volumes() {}

    static List<VmDisk> disks(PassthroughVMSpec spec) {
        return spec.devices() == null
                ? List.of()
                : Objects.requireNonNullElse(spec.devices().disks(), List.of());
    }

    static List<VmVolume> of(PassthroughVMSpec spec) {
        return Objects.requireNonNullElse(spec.volumes(), List.of());
    }

    /** Of a spec without faults. */
    static VmVolume of(PassthroughVMSpec spec, VmDisk disk) {
        return of(spec).stream()
                .filter(volume -> volume.name().equals(disk.name()))
                .findFirst()
                .orElseThrow();
    }

    /** Names of the claims, in the spec's order. */
    static List<String> claims(PassthroughVMSpec spec) {
        return of(spec).stream()
                .map(VmVolume::persistentVolumeClaim)
                .filter(Objects::nonNull)
                .map(VolumeClaim::claimName)
                .toList();
    }
}
