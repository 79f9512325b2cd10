package dev.holdfast.app;

import dev.holdfast.text.Quoted;
import dev.holdfast.user.PowerGoal;
import dev.holdfast.user.VmView;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.function.Predicate;

/** Prints each change of a VM's state until its goal is reached, or cannot be reached. Called by one thread, read by another. */
final class PowerProgress implements Predicate<Optional<VmView>> {
    private final PowerGoal goal;
    private final PrintWriter err;
    private volatile String summary = "";
    private volatile Optional<String> failure = Optional.empty();

    PowerProgress(PowerGoal goal, PrintWriter err) {
        this.goal = goal;
        this.err = err;
    }

    /**
     * Returns whether the wait is over.
     *
     * @param seen empty when the VM does not exist any more
     */
    @Override
    public boolean test(Optional<VmView> seen) {
        String found = Quoted.line(seen.map(VmView::summary).orElse("the VM was deleted"));
        if (!found.equals(summary)) {
            summary = found;
            err.println(found);
            err.flush();
        }
        failure = seen.isEmpty() ? Optional.of(found) : seen.flatMap(goal::failure);
        return failure.isPresent() || seen.filter(goal::isReached).isPresent();
    }

    /** Returns the last state. */
    String summary() {
        return summary;
    }

    /** Returns why the goal cannot be reached. */
    Optional<String> failure() {
        return failure;
    }
}
