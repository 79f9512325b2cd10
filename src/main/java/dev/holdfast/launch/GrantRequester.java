package dev.holdfast.launch;

import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantRequest;
import java.io.IOException;

/** Sends a request for a grant to the node's agent. */
public interface GrantRequester {
    /**
     * Sends one request and returns the answer.
     *
     * @throws GarbageException when the answer is not of this protocol; a retry will not help
     * @throws IOException      when the agent is not responding; a retry may help
     */
    GrantAnswer ask(GrantRequest request) throws IOException;

    /** An answer that is not of this protocol. */
    final class GarbageException extends IOException {
        private static final long serialVersionUID = 1;

        GarbageException(String message) {
            super(message);
        }
    }
}
