package dev.holdfast.agent.grant;

import dev.holdfast.api.node.Grant;
import java.util.List;

/** Who wants to know when grants come, change and go: the node's report. */
@FunctionalInterface
public interface GrantListener {
    /**
     * Called in the order of the changes, one at a time, while the book is closed for others: return at once, and call
     * nothing of the book.
     *
     * @param live all grants whose process lives, by pod UID
     */
    void changed(List<Grant> live);
}
