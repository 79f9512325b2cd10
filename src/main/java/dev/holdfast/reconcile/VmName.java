package dev.holdfast.reconcile;

import dev.holdfast.api.vm.PassthroughVM;

/** The name that every line of the log gives a VM. */
final class VmName {
    private VmName() {}

    static String of(PassthroughVM vm) {
        return vm.getMetadata().getNamespace() + "/" + vm.getMetadata().getName();
    }
}
