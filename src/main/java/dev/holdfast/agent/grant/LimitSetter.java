package dev.holdfast.agent.grant;

import dev.holdfast.agent.grant.decision.Decision;
import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.GrantedFunctions;
import dev.holdfast.agent.grant.decision.RefusalCode;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.host.kernel.ErrnoException;
import dev.holdfast.host.kernel.Rlimit;
import dev.holdfast.host.process.Procfs;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.text.NamespacedName;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Applies a grant and records it, one at a time: two processes of a pod that send requests at once cannot both get a
 * grant, and two pods cannot both get a function.
 *
 * <p>prlimit(2) takes a pid, not a pidfd. The process is checked before and after: if it ended in between, the pid may
 * belong to another process, and the grant is withdrawn from the answer and the registry. The change of that instant
 * cannot be undone, but it requires a pid that is reused within microseconds.
 */
public final class LimitSetter {
    private final MemlockLimits limits;
    private final Procfs procfs;
    private final GrantRegistry registry;
    private final Clock clock;
    private final ReentrantLock oneAtATime = new ReentrantLock();

    public LimitSetter(MemlockLimits limits, Procfs procfs, GrantRegistry registry, Clock clock) {
        this.limits = limits;
        this.procfs = procfs;
        this.registry = registry;
        this.clock = clock;
    }

    /** Applies the first grant of a pod. */
    Decision apply(
            Peer peer,
            String podUid,
            VmReference vm,
            Decision.Grant decision,
            long requiredBytes,
            @Nullable Long measuredBytes) {
        oneAtATime.lock();
        try {
            Optional<Grant> former = registry.find(podUid);
            if (former.isPresent()) {
                return again(peer, former.get());
            }
            Optional<Decision> taken = GrantedFunctions.ofOthers(registry.live(), podUid, functions(decision));
            if (taken.isPresent()) {
                return taken.get();
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
                registry.add(grant, peer.process());
            }
            return outcome;
        } catch (ErrnoException e) {
            return failed(peer, e);
        } finally {
            oneAtATime.unlock();
        }
    }

    /**
     * Answers a repeated request: the same process gets the same grant, applied again in case it has lowered its limit;
     * other processes of the pod are refused.
     */
    Decision again(Peer peer, Grant former) {
        if (former.pid() != peer.pid() || former.startTicks() != peer.startTicks()) {
            return new Refuse(
                    RefusalCode.SECOND_PROCESS,
                    "the pod of VM "
                            + NamespacedName.of(
                                    former.vm().namespace(), former.vm().name())
                            + " has already got its grant, for process " + former.pid()
                            + "; each pod gets one grant, delete the pod to start again");
        }
        try {
            return set(peer, new Decision.Grant(former.limitBytes(), former.devices()));
        } catch (ErrnoException e) {
            return failed(peer, e);
        }
    }

    private static Set<PciAddress> functions(Decision.Grant decision) {
        return decision.devices().stream()
                .flatMap(device -> device.pciAddresses().stream())
                .map(PciAddress::parse)
                .collect(Collectors.toSet());
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
                        RefusalCode.NOT_APPLIED,
                        "memlock limit of process " + peer.pid() + " was set to " + Rlimit.text(wanted.hard())
                                + ", but the kernel reports " + Rlimit.text(applied.soft()) + " soft and "
                                + Rlimit.text(applied.hard())
                                + " hard; check whether another program on the node sets it");
    }

    private Decision failed(Peer peer, ErrnoException e) {
        return peer.isStill(procfs) ? new Refuse(RefusalCode.NOT_APPLIED, e.message()) : gone(peer);
    }

    private static Refuse gone(Peer peer) {
        return new Refuse(
                RefusalCode.PROCESS_GONE,
                "process " + peer.pid() + " requested a grant and has ended since; nothing needs to be done");
    }
}
