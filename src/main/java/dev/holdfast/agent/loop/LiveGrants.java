package dev.holdfast.agent.loop;

import dev.holdfast.api.node.Grant;
import java.io.IOException;
import java.util.List;

/** Grants of this node, as far as the loop needs them. */
public interface LiveGrants {
    /** Returns the grants of running processes. */
    List<Grant> live();

    /**
     * Restores the grants that the previous agent reported. Called before the first {@link #live}, until it succeeds.
     *
     * @param left grants of this boot; their processes may have ended
     * @throws IOException when a grant cannot be restored
     */
    void restore(List<Grant> left) throws IOException;

    /** Marks grants as reported: the API server has them. */
    void reported(List<Grant> live);
}
