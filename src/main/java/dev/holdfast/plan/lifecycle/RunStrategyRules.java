package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.machine.SpecBasics;
import dev.holdfast.plan.observed.RecordedStatus;

/** What a VM's run strategy says of a machine that has ended. */
final class RunStrategyRules {
    private RunStrategyRules() {}

    /** The default where the API server has put none: `holdfast render` reads files that it has never seen. */
    static RunStrategy strategy(PassthroughVM vm) {
        return SpecBasics.runStrategy(vm.getSpec());
    }

    /**
     * Whether it runs again.
     *
     * @param end Succeeded when the guest powered itself off, Failed for every other end
     */
    static boolean after(PassthroughVM vm, Phase end) {
        return switch (strategy(vm)) {
            case Always -> true;
            case RerunOnFailure -> end == Phase.Failed;
            case Once, Halted -> false;
        };
    }

    /** Whether the status says that the machine has ended and that no start was due when it was written. */
    static boolean isOver(PassthroughVMStatus status) {
        RecordedStatus recorded = new RecordedStatus(status);
        return recorded.podUid().isPresent()
                && recorded.nextStartTime().isEmpty()
                && (status.phase() == Phase.Succeeded || status.phase() == Phase.Failed);
    }

    /** The end of every sentence about a machine that is not started again. */
    static String staysOff(PassthroughVM vm) {
        return "spec.runStrategy is %s, so the machine stays off".formatted(strategy(vm));
    }
}
