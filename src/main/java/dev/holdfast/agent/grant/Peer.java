package dev.holdfast.agent.grant;

import dev.holdfast.host.kernel.Pidfd;
import dev.holdfast.host.process.Procfs;
import java.util.Optional;

/**
 * The process at the other end of a connection.
 *
 * @param pid        in the agent's pid namespace, which is the node's
 * @param uid        its user when it connected
 * @param process    holds on to it; not to be closed here
 * @param startTicks with the pid and the boot it names one process for good
 */
public record Peer(int pid, int uid, Pidfd process, long startTicks) {
    /** Empty when the process has ended: what /proc says then may be of another one. */
    public static Optional<Peer> of(int pid, int uid, Pidfd process, Procfs procfs) {
        return procfs.startTicks(pid).stream()
                .mapToObj(ticks -> new Peer(pid, uid, process, ticks))
                .filter(peer -> process.alive())
                .findFirst();
    }

    /** Whether the number still means the process that connected. */
    boolean isStill(Procfs procfs) {
        return procfs.startTicks(pid).orElse(-1) == startTicks && process.alive();
    }
}
