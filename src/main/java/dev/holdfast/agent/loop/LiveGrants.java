package dev.holdfast.agent.loop;

import dev.holdfast.api.node.Grant;
import java.io.IOException;
import java.util.List;

/** The grants of this node, as far as the loop uses them. */
public interface LiveGrants {
    /** Returns the grants of running processes. */
    List<Grant> live();

    /**
     * Restores what an agent before this one left in the API. Called before the first {@link #live}, until it succeeds.
     *
     * @param left grants of this boot; their processes may have ended
     * @throws IOException with a message for an administrator
     */
    void restore(List<Grant> left) throws IOException;

    /** Called when the API server has these grants. */
    void reported(List<Grant> live);
}
