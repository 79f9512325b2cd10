package dev.holdfast.agent.grant;

import dev.holdfast.api.node.Grant;
import java.util.List;

/** Listener for new, changed and ended grants: the node report. */
@FunctionalInterface
public interface GrantListener {
    /**
     * Called in the order of the changes, one at a time, under the lock of the registry: must return at once, and must
     * not call the registry.
     *
     * @param live all grants whose process is alive, by pod UID
     */
    void changed(List<Grant> live);
}
