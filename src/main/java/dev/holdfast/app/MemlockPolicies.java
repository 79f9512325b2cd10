package dev.holdfast.app;

import dev.holdfast.api.vm.machine.MemlockPolicy;
import dev.holdfast.memlock.Policy;
import dev.holdfast.plan.machine.Policies;
import java.util.Set;
import java.util.stream.Collectors;

/** Converts the policies of the command line, which are named as in a VM's spec, to those of the calculator. */
final class MemlockPolicies {
    private MemlockPolicies() {}

    static Set<Policy> of(Set<MemlockPolicy> names) {
        return names.stream().map(Policies::of).collect(Collectors.toUnmodifiableSet());
    }
}
