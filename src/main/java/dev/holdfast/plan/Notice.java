package dev.holdfast.plan;

import dev.holdfast.api.PassthroughVMStatus;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is worth an Event and a line of the log: the sentence of the condition Ready, each time it changes.
 *
 * @param warning the user has something to do
 */
public record Notice(boolean warning, Why why) {
    /** Steps on the way, and what the user asked for. */
    private static final Set<String> NORMAL = Set.of(
            "Running",
            "Halted",
            "GuestStopped",
            "PodTerminating",
            "PreparingPod",
            "WaitingForGrant",
            "PodOutdated",
            StatusPlan.SCHEDULING);

    /** Empty when the new status says nothing new. */
    public static Optional<Notice> between(@Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        Optional<Why> said = why(before);
        return why(after)
                .filter(why -> said.isEmpty() || !said.get().equals(why))
                .map(why -> new Notice(!NORMAL.contains(why.reason()), why));
    }

    private static Optional<Why> why(@Nullable PassthroughVMStatus status) {
        return status == null
                ? Optional.empty()
                : VmConditions.find(status.conditions(), VmConditions.READY).map(Notice::why);
    }

    private static Why why(Condition ready) {
        return new Why(ready.getReason(), ready.getMessage());
    }
}
