package dev.holdfast.app;

import dev.holdfast.api.vm.machine.MemlockPolicy;
import dev.holdfast.memlock.Policy;
import dev.holdfast.plan.machine.Policies;
import java.util.Set;
import java.util.stream.Collectors;

/** The policies of the command line, spelled as in a VM's spec, as the calculator knows them. */
final class MemlockPolicies {
    private MemlockPolicies() {}

    static Set<Policy> of(Set<MemlockPolicy> names) {
        return names.stream().map(Policies::of).collect(Collectors.toUnmodifiableSet());
    }
}
