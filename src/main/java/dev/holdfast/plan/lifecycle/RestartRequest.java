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
 * What a VM's annotation {@value Names#RESTARTED_AT_ANNOTATION} asks for, as `kubectl rollout restart` asks a Deployment.
 *
 * @param text as the user wrote it
 * @param time empty when the text is none
 */
record RestartRequest(String text, Optional<Instant> time) {
    private static final int MAX_SHOWN = 64;

    /** Empty when the VM has no such annotation. */
    static Optional<RestartRequest> of(PassthroughVM vm) {
        return Given.of(
                        vm.getMetadata(),
                        ObjectMeta::getAnnotations,
                        annotations -> annotations.get(Names.RESTARTED_AT_ANNOTATION))
                .map(text -> new RestartRequest(text, parsed(text)));
    }

    /**
     * Whether it is still to be done. A time ahead of every clock is served once too: what was served is remembered, and
     * not only compared.
     *
     * @param served what the status remembers
     * @param start  of the machine; who asked before that has what was asked for
     */
    boolean isOpen(@Nullable String served, Instant start) {
        return time.isPresent() && time.get().isAfter(start) && !(served != null && time.equals(parsed(served)));
    }

    /** What is wrong with the text itself. */
    Optional<Cause> fault() {
        return time.isPresent()
                ? Optional.empty()
                : Optional.of(new Cause(
                        Reason.InvalidRestartedAt,
                        "the annotation %s is \"%s\", which is no time as of RFC 3339, so nothing is restarted; give one such as 2026-11-22T12:00:00Z"
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
