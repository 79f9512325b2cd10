package dev.holdfast.user;

import dev.holdfast.api.vm.RunStrategy;
import java.util.Map;
import java.util.Optional;

/** Result of a request to start, stop or restart a VM. */
public sealed interface PowerRequest {
    /** Message for the user. */
    String message();

    /**
     * The VM must be written.
     *
     * @param strategy    new run strategy; empty if it does not change
     * @param annotations to be set; an annotation whose value is empty is removed
     */
    record Write(Optional<RunStrategy> strategy, Map<String, String> annotations, String message)
            implements PowerRequest {}

    /** The VM is in the requested state already. */
    record Already(String message) implements PowerRequest {}

    /** The request cannot be done. */
    record Refused(String message) implements PowerRequest {}
}
