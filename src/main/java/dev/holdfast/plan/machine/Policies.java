package dev.holdfast.plan.machine;

import dev.holdfast.api.vm.machine.MemlockPolicy;
import dev.holdfast.memlock.Policy;

/** Converts the policies of a spec to those of the calculator. */
public final class Policies {
    private Policies() {}

    public static Policy of(MemlockPolicy policy) {
        return switch (policy) {
            case Exact -> Policy.EXACT;
            case Libvirt -> Policy.LIBVIRT;
            case Fixed -> Policy.FIXED;
            case Unlimited -> Policy.UNLIMITED;
        };
    }
}
