package dev.holdfast.agent.grant;

import dev.holdfast.agent.grant.decision.Decision;
import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.RefusalReason;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.host.kernel.ErrnoException;
import dev.holdfast.host.kernel.Rlimit;
import dev.holdfast.host.process.Procfs;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Makes a decision true and writes it down, one at a time: so two processes of a pod that ask at once cannot both get a
 * grant.
 *
 * <p>prlimit(2) takes a number, not a pidfd. The process is checked before and after: if it ended in between, the
 * number may have come to mean another one, and the grant is withdrawn from the answer and the book. What the kernel
 * did in that instant cannot be taken back, but it needs a number that comes round within microseconds.
 */
public final class LimitSetter {
    private final MemlockLimits limits;
    private final Procfs procfs;
    private final GrantRegistry book;
    private final Clock clock;
    private final ReentrantLock oneAtATime = new ReentrantLock();

    public LimitSetter(MemlockLimits limits, Procfs procfs, GrantRegistry book, Clock clock) {
        this.limits = limits;
        this.procfs = procfs;
        this.book = book;
        this.clock = clock;
    }

    /** The first time for this pod. */
    Decision apply(
            Peer peer,
            String podUid,
            VmReference vm,
            Decision.Grant decision,
            long requiredBytes,
            @Nullable Long measuredBytes) {
        oneAtATime.lock();
        try {
            Optional<Grant> former = book.find(podUid);
            if (former.isPresent()) {
                return again(peer, former.get());
            }
            Decision outcome = set(peer, decision);
            if (outcome instanceof Decision.Grant applied) {
                Grant grant = new Grant(
                        podUid,
                        vm,
                        peer.pid(),
                        peer.startTicks(),
                        applied.devices(),
                        requiredBytes,
                        measuredBytes,
                        decision.limitBytes(),
                        applied.limitBytes(),
                        null,
                        clock.instant().toString());
                book.add(grant, peer.process());
            }
            return outcome;
        } catch (ErrnoException e) {
            return failed(peer, e);
        } finally {
            oneAtATime.unlock();
        }
    }

    /** The same process gets the same again, set anew in case it has lowered it; no other process of the pod does. */
    Decision again(Peer peer, Grant former) {
        if (former.pid() != peer.pid() || former.startTicks() != peer.startTicks()) {
            return new Refuse(
                    RefusalReason.SECOND_PROCESS,
                    "The pod of VM " + former.vm().namespace() + "/"
                            + former.vm().name()
                            + " has had its grant, for process " + former.pid()
                            + "; each pod gets one, delete the pod to start anew.");
        }
        try {
            return set(peer, new Decision.Grant(former.limitBytes(), former.devices()));
        } catch (ErrnoException e) {
            return failed(peer, e);
        }
    }

    private Decision set(Peer peer, Decision.Grant decision) throws ErrnoException {
        if (!peer.isStill(procfs)) {
            return gone(peer);
        }
        Rlimit before = limits.get(peer.pid());
        Rlimit wanted = Rlimit.of(decision.limitBytes());
        limits.set(peer.pid(), wanted);
        Rlimit applied = limits.get(peer.pid());
        if (!peer.isStill(procfs)) {
            return gone(peer);
        }
        return applied.equals(wanted)
                ? decision.applied(before)
                : new Refuse(
                        RefusalReason.NOT_APPLIED,
                        "The memlock limit of process " + peer.pid() + " was set to " + Rlimit.text(wanted.hard())
                                + ", but the kernel then told " + Rlimit.text(applied.soft()) + " soft and "
                                + Rlimit.text(applied.hard())
                                + " hard; see whether something else on the node sets it.");
    }

    private Decision failed(Peer peer, ErrnoException e) {
        return peer.isStill(procfs) ? new Refuse(RefusalReason.NOT_APPLIED, e.message()) : gone(peer);
    }

    private static Refuse gone(Peer peer) {
        return new Refuse(
                RefusalReason.PROCESS_GONE,
                "Process " + peer.pid() + " asked for a grant and has ended since; nothing is left to do.");
    }
}
