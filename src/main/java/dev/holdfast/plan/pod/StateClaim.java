package dev.holdfast.plan.pod;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.TolerantSpec;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Optional;

/**
 * The claim for the state of a machine that outlives its pods: its UEFI variables. It is created before the first pod that
 * needs it, and deleted only with the VM, by its owner reference.
 */
public final class StateClaim {
    /** The variables take half a MiB; the metadata of a file system takes more. */
    private static final String SIZE = "16Mi";

    private StateClaim() {}

    static String name(PassthroughVM vm) {
        return vm.getMetadata().getName() + "-state";
    }

    /** Returns the name of the VM's claim; empty for a VM that keeps no state. */
    public static Optional<String> nameOf(PassthroughVM vm) {
        return TolerantSpec.keepsState(vm.getSpec()) ? Optional.of(name(vm)) : Optional.empty();
    }

    /** Returns the claim; empty for a machine without such state. */
    public static Optional<PersistentVolumeClaim> of(PassthroughVM vm, MachineSpec machine, PodSettings settings) {
        if (!machine.firmware().hasState()) {
            return Optional.empty();
        }
        String storageClass = settings.stateStorageClass();
        return Optional.of(new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withNamespace(vm.getMetadata().getNamespace())
                .withName(name(vm))
                .withOwnerReferences(VmPod.controllerReference(vm))
                .endMetadata()
                .withNewSpec()
                .withAccessModes("ReadWriteOnce")
                .withStorageClassName(storageClass.isEmpty() ? null : storageClass)
                .withNewResources()
                .addToRequests("storage", new Quantity(SIZE))
                .endResources()
                .endSpec()
                .build());
    }

    /** Returns whether the claim belongs to this VM, and not to a former VM of the same name. */
    public static boolean isOf(PassthroughVM vm, PersistentVolumeClaim claim) {
        return claim.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner -> owner.getUid().equals(vm.getMetadata().getUid()));
    }
}
