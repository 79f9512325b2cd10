package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.machine.TolerantSpec;
import dev.holdfast.plan.observed.RecordedStatus;

/** The run strategy's rules for a machine that has ended. */
final class RunStrategyRules {
    private RunStrategyRules() {}

    /** Returns the strategy, or its default for a file of `holdfast render` that no API server has completed. */
    static RunStrategy strategy(PassthroughVM vm) {
        return TolerantSpec.runStrategy(vm.getSpec());
    }

    /**
     * Returns whether the machine is started again.
     *
     * @param end Succeeded when the guest powered itself off, Failed for any other end
     */
    static boolean after(PassthroughVM vm, Phase end) {
        return switch (strategy(vm)) {
            case Always -> true;
            case RerunOnFailure -> end == Phase.Failed;
            case Once, Halted -> false;
        };
    }

    /** Returns whether the machine has ended and no further start was due when the status was written. */
    static boolean isOver(PassthroughVMStatus status) {
        RecordedStatus recorded = new RecordedStatus(status);
        return recorded.podUid().isPresent()
                && recorded.nextStartTime().isEmpty()
                && (status.phase() == Phase.Succeeded || status.phase() == Phase.Failed);
    }

    /** Returns the last part of the message about a machine that is not started again. */
    static String staysOff(PassthroughVM vm) {
        return "spec.runStrategy is %s, so the machine stays off".formatted(strategy(vm));
    }
}
