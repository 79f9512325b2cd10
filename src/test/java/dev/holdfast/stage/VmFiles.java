package dev.holdfast.stage;

import dev.holdfast.api.PassthroughVM;
import dev.holdfast.api.PassthroughVMSpec;
import dev.holdfast.api.PassthroughVMSpec.Devices;
import dev.holdfast.api.PassthroughVMSpec.HostDevice;
import dev.holdfast.api.VmDisk;
import dev.holdfast.api.VmVolume;
import dev.holdfast.api.VmVolume.CloudInitNoCloud;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** VMs from files, and what the demo and the tests change in them. */
public final class VmFiles {
    private VmFiles() {}

    public static PassthroughVM read(Path file) {
        try {
            return Serialization.unmarshal(Files.readString(file), PassthroughVM.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same machine with another GPU. */
    static PassthroughVM withDevice(PassthroughVM vm, String deviceName) {
        PassthroughVM changed = Serialization.clone(vm);
        PassthroughVMSpec spec = vm.getSpec();
        changed.setSpec(new PassthroughVMSpec(
                spec.runStrategy(),
                spec.machine(),
                spec.firmware(),
                spec.cpu(),
                spec.memory(),
                new Devices(List.of(new HostDevice("gpu0", deviceName)), null, null, null),
                spec.nodeSelector(),
                spec.affinity(),
                spec.tolerations(),
                spec.priorityClassName(),
                spec.schedulerName(),
                spec.terminationGracePeriodSeconds(),
                spec.imagePullSecrets(),
                spec.launcherImage()));
        return changed;
    }

    /** The same machine with a seed for cloud-init, its data in the spec. */
    public static PassthroughVM withUserData(PassthroughVM vm, String userData) {
        PassthroughVMSpec spec = vm.getSpec();
        Devices devices = spec.devices();
        PassthroughVM changed = Serialization.clone(vm);
        changed.setSpec(new PassthroughVMSpec(
                spec.runStrategy(),
                spec.machine(),
                spec.firmware(),
                spec.cpu(),
                spec.memory(),
                new Devices(
                        devices.gpus(),
                        devices.hostDevices(),
                        devices.iommu(),
                        devices.video(),
                        List.of(new VmDisk("seed", null, null, null, null, null, null, null)),
                        null),
                List.of(new VmVolume(
                        "seed",
                        null,
                        null,
                        null,
                        new CloudInitNoCloud(userData, null, null, null, null, null),
                        null,
                        null)),
                null,
                spec.nodeSelector(),
                spec.affinity(),
                spec.tolerations(),
                spec.priorityClassName(),
                spec.schedulerName(),
                spec.terminationGracePeriodSeconds(),
                spec.imagePullSecrets(),
                spec.launcherImage()));
        return changed;
    }

    /** The same machine with firmware alone: it never reacts to the power button, so its grace period is short. */
    public static PassthroughVM withoutGuest(PassthroughVM vm) {
        PassthroughVMSpec spec = vm.getSpec();
        PassthroughVM changed = Serialization.clone(vm);
        changed.setSpec(new PassthroughVMSpec(
                spec.runStrategy(),
                spec.machine(),
                null,
                spec.cpu(),
                spec.memory(),
                spec.devices(),
                spec.volumes(),
                spec.networks(),
                spec.nodeSelector(),
                spec.affinity(),
                spec.tolerations(),
                spec.priorityClassName(),
                spec.schedulerName(),
                20L,
                spec.imagePullSecrets(),
                spec.launcherImage()));
        return changed;
    }
}
