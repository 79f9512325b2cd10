package dev.holdfast.launch;

import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantRequest;
import java.io.IOException;

/** Asks the node's agent, once. */
public interface GrantService {
    /**
     * One question and its answer.
     *
     * @throws GarbageException when what answers does not speak the protocol; asking again will not help
     * @throws IOException      when the agent does not answer, which may change
     */
    GrantAnswer ask(GrantRequest request) throws IOException;

    /** An answer that is none. */
    final class GarbageException extends IOException {
        private static final long serialVersionUID = 1;

        GarbageException(String sentence) {
            super(sentence);
        }
    }
}
