package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.text.Quoted;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The restart request in a VM's annotation {@value Names#RESTARTED_AT_ANNOTATION}, like `kubectl rollout restart` for a Deployment.
 *
 * @param text value of the annotation
 * @param time empty when the text is not a valid time
 */
record RestartRequest(String text, Optional<Instant> time) {
    private static final int MAX_SHOWN = 64;

    /** Returns the request; empty when the VM has no such annotation. */
    static Optional<RestartRequest> of(PassthroughVM vm) {
        return Given.of(
                        vm.getMetadata(),
                        ObjectMeta::getAnnotations,
                        annotations -> annotations.get(Names.RESTARTED_AT_ANNOTATION))
                .map(text -> new RestartRequest(text, parsed(text)));
    }

    /**
     * Returns whether the restart is still to be done. A time in the future is served only once too, because the served request
     * is recorded.
     *
     * @param served the served request in the status
     * @param start  start of the machine; earlier requests are done
     */
    boolean isOpen(@Nullable String served, Instant start) {
        return time.isPresent() && time.get().isAfter(start) && !(served != null && time.equals(parsed(served)));
    }

    /** Returns the fault of an invalid text. */
    Optional<Cause> fault() {
        return time.isPresent()
                ? Optional.empty()
                : Optional.of(new Cause(
                        Reason.InvalidRestartedAt,
                        "annotation %s is \"%s\", so nothing is restarted; it must be an RFC 3339 time such as 2026-11-22T12:00:00Z"
                                .formatted(Names.RESTARTED_AT_ANNOTATION, shown())));
    }

    private String shown() {
        return Quoted.plain(text, MAX_SHOWN);
    }

    private static Optional<Instant> parsed(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
