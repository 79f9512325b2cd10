package dev.holdfast.user;

import dev.holdfast.api.Names;
import dev.holdfast.user.VmView.ConditionView;
import java.util.Optional;

/** State that a started, stopped or restarted VM is expected to reach. Pure. */
public final class PowerGoal {
    /** Command whose end is awaited. */
    public enum Command {
        START,
        STOP,
        RESTART
    }

    private final Command command;
    private final VmView before;
    private final VmView after;

    /**
     * Makes the goal of a command.
     *
     * @param before the VM before it was written
     * @param after  the VM as it was written; the same if it was not
     */
    public PowerGoal(Command command, VmView before, VmView after) {
        this.command = command;
        this.before = before;
        this.after = after;
    }

    /** Returns whether the VM has reached the state. */
    public boolean isReached(VmView vm) {
        return switch (command) {
            case STOP -> vm.isObserved() && vm.phase().equals("Stopped");
            case START -> vm.isObserved() && vm.phase().equals("Running") && isServed(vm);
            case RESTART -> vm.phase().equals("Running") && isServed(vm);
        };
    }

    /** Returns why the VM will not reach the state without a user; empty while it still can. */
    public Optional<String> failure(VmView vm) {
        boolean isOld = vm.resourceVersion().equals(after.resourceVersion()) && !isUnchanged();
        if (isOld || !vm.isObserved()) {
            return Optional.empty();
        }
        if (command != Command.STOP && vm.isOver() && !vm.podUid().equals(before.podUid())) {
            return Optional.of(vm.summary());
        }
        return vm.condition("Stalled")
                .filter(condition -> condition.status().equals("True"))
                .map(ConditionView::message);
    }

    /** Returns whether the pod is of the requested restart, if there is a request. */
    private boolean isServed(VmView vm) {
        String requested = after.annotation(Names.RESTARTED_AT_ANNOTATION).orElse("");
        boolean isNew = !requested.equals(
                before.annotation(Names.RESTARTED_AT_ANNOTATION).orElse(""));
        return !isNew || vm.text("/status/restartedAt").equals(requested);
    }

    private boolean isUnchanged() {
        return before.resourceVersion().equals(after.resourceVersion());
    }
}
