package dev.holdfast.agent.grant;

import dev.holdfast.host.kernel.Pidfd;
import dev.holdfast.host.process.Procfs;
import java.util.Optional;

/**
 * Process at the other end of a connection.
 *
 * @param pid        in the pid namespace of the agent, which is that of the node
 * @param uid        its user at the time of the connection
 * @param process    pidfd of the process; must not be closed here
 * @param startTicks identifies one process for good, together with the pid and the boot
 */
public record Peer(int pid, int uid, Pidfd process, long startTicks) {
    /** Returns the peer; empty when the process has ended, since /proc may then show another one. */
    public static Optional<Peer> of(int pid, int uid, Pidfd process, Procfs procfs) {
        return procfs.startTicks(pid).stream()
                .mapToObj(ticks -> new Peer(pid, uid, process, ticks))
                .filter(peer -> process.alive())
                .findFirst();
    }

    /** Returns whether the pid still belongs to the process that connected. */
    boolean isStill(Procfs procfs) {
        return procfs.startTicks(pid).orElse(-1) == startTicks && process.alive();
    }
}
