package dev.holdfast.api;

import io.fabric8.kubernetes.api.model.Condition;

/**
 * The cause of a VM's state, within the bounds of a condition: parts of it come from kubelet, scheduler and launcher.
 *
 * @param reason  CamelCase, for programs: the name of a {@link Reason}, or the kubelet's own
 * @param message for people: value found, what is required, remedy
 */
public record Cause(String reason, String message) {
    public Cause {
        reason = StatusTexts.cut(reason, StatusTexts.MAX_REASON);
        message = StatusTexts.cut(message, StatusTexts.MAX_MESSAGE);
    }

    public Cause(Reason reason, String message) {
        this(reason.name(), message);
    }

    /** Returns the cause that a condition reports. */
    public static Cause of(Condition condition) {
        return new Cause(condition.getReason(), condition.getMessage());
    }

    public boolean is(Reason other) {
        return other.name().equals(reason);
    }

    /** Returns whether there is something for the user to do: always so for a reason of the kubelet's own. */
    public boolean isWarning() {
        return Reason.of(reason).map(Reason::severity).orElse(Reason.Severity.WARNING) == Reason.Severity.WARNING;
    }
}
