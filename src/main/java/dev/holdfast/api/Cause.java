package dev.holdfast.api;

import io.fabric8.kubernetes.api.model.Condition;

/**
 * Cause of a VM's state, cut to the maximum lengths of a condition: parts come from kubelet, scheduler and launcher.
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

    /** Returns whether the user has to act; always true for the kubelet's own reasons. */
    public boolean isWarning() {
        return Reason.of(reason).map(Reason::severity).orElse(Reason.Severity.WARNING) == Reason.Severity.WARNING;
    }
}
