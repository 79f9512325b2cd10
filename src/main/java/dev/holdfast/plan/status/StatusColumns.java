package dev.holdfast.plan.status;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus.Columns;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.machine.TolerantSpec;
import dev.holdfast.plan.pod.HumanBytes;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Fields of a VM's status that {@code kubectl get} shows and cannot compute itself. */
final class StatusColumns {
    /** Phases in which QEMU runs, or may run. */
    private static final Set<Phase> HOLDS_MEMORY = EnumSet.of(Phase.Running, Phase.Stopping, Phase.Unknown);

    private StatusColumns() {}

    static Columns of(PassthroughVM vm, Phase phase, Optional<Memlock> memlock) {
        return new Columns(
                TolerantSpec.devices(vm.getSpec()).orElseGet(() -> formerDevices(vm)),
                memlock.flatMap(StatusColumns::limit).orElse(null),
                memlock.filter(planned -> HOLDS_MEMORY.contains(phase))
                        .map(Memlock::lockedBytes)
                        .map(HumanBytes::bytes)
                        .orElse(null));
    }

    private static Optional<String> limit(Memlock memlock) {
        return memlock.unlimited()
                ? Optional.of("unlimited")
                : Given.of(memlock.appliedBytes())
                        .or(() -> Given.of(memlock.limitBytes()))
                        .map(HumanBytes::bytes);
    }

    /** Returns the last known number of devices, for a spec that cannot be decoded. */
    private static int formerDevices(PassthroughVM vm) {
        return Given.of(StatusPlan.before(vm).columns()).map(Columns::devices).orElse(0);
    }
}
