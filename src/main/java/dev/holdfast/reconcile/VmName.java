package dev.holdfast.reconcile;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.text.NamespacedName;

/** Formats the name of a VM in log lines, {@code namespace/name}. */
final class VmName {
    private VmName() {}

    static String of(PassthroughVM vm) {
        return NamespacedName.of(
                vm.getMetadata().getNamespace(), vm.getMetadata().getName());
    }
}
