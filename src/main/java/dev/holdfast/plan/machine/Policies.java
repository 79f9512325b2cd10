package dev.holdfast.plan.machine;

import dev.holdfast.api.vm.machine.MemlockPolicy;
import dev.holdfast.memlock.Policy;

/** The calculator's names for the policies of a spec. */
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
