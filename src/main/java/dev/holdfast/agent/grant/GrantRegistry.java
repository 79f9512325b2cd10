package dev.holdfast.agent.grant;

import dev.holdfast.api.node.Grant;
import dev.holdfast.host.kernel.ErrnoException;
import dev.holdfast.host.kernel.Pidfd;
import dev.holdfast.host.process.CgroupTree;
import dev.holdfast.host.process.Procfs;
import dev.holdfast.text.LogKeys;
import dev.holdfast.text.NamespacedName;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registry of grants: one per pod, as long as the pod is on this node. When the process of a grant has ended the grant
 * is no longer live, but no other process of the pod gets one.
 *
 * <p>Nothing is written to disk. After a restart of the agent the registry is restored from the node report. A grant
 * that ended before is then forgotten; its container ended with it, and the pod never restarts a container.
 *
 * <p>Thread-safe.
 */
public final class GrantRegistry {
    private static final Logger log = LoggerFactory.getLogger(GrantRegistry.class);

    private final Procfs procfs;
    private final CgroupTree tree;
    private final GrantListener listener;
    private final TreeMap<String, Entry> entries = new TreeMap<>();

    /**
     * Grant with the state of its process.
     *
     * @param process  null after its end
     * @param reported opened when the node report has the grant
     */
    private record Entry(Grant grant, @Nullable Pidfd process, CountDownLatch reported) {
        boolean live() {
            return process != null;
        }
    }

    public GrantRegistry(Procfs procfs, CgroupTree tree, GrantListener listener) {
        this.procfs = procfs;
        this.tree = tree;
        this.listener = listener;
    }

    /** Returns the grant of a pod, live or ended; the process is identified by its pid and startTicks. */
    synchronized Optional<Grant> find(String podUid) {
        return Optional.ofNullable(entries.get(podUid)).map(Entry::grant);
    }

    /** Returns all grants whose process is alive, by pod UID. */
    public synchronized List<Grant> live() {
        return entries.values().stream().filter(Entry::live).map(Entry::grant).toList();
    }

    /** Returns the processes of the live grants, to wait for: only {@link #sweep} closes them. */
    synchronized List<Pidfd> processes() {
        return entries.values().stream()
                .map(Entry::process)
                .filter(Objects::nonNull)
                .toList();
    }

    /** Marks grants as reported: the API server has them, so the next agent can restore them. */
    public synchronized void reported(List<Grant> grants) {
        grants.stream()
                .map(grant -> entries.get(grant.podUID()))
                .filter(Objects::nonNull)
                .forEach(entry -> entry.reported().countDown());
    }

    /**
     * Waits until the node report has the grant of a pod.
     *
     * @return false when it has not in time, and for a pod without a grant
     */
    boolean awaitReported(String podUid, Duration patience) {
        try {
            CountDownLatch reported = reportOf(podUid);
            return reported != null && reported.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private synchronized @Nullable CountDownLatch reportOf(String podUid) {
        Entry entry = entries.get(podUid);
        return entry == null ? null : entry.reported();
    }

    /**
     * Adds a grant.
     *
     * @param process is duplicated; the caller keeps its own
     * @throws ErrnoException EMFILE; then nothing is added
     */
    synchronized void add(Grant grant, Pidfd process) throws ErrnoException {
        entries.put(grant.podUID(), new Entry(grant, process.duplicate(), new CountDownLatch(1)));
        listener.changed(live());
    }

    /**
     * Restores the grants of a former run of this agent. Grants whose process has ended are left out. The listener is
     * called once for all.
     *
     * @param grants from the status of the PassthroughNode, of this boot: the caller compares bootID
     */
    public synchronized void restore(List<Grant> grants) {
        grants.forEach(this::restore);
        listener.changed(live());
    }

    private void restore(Grant grant) {
        Entry known = entries.get(grant.podUID());
        if (known != null && known.live()) {
            // The previous attempt to restore all grants failed after this one.
            return;
        }
        try {
            int pid = Math.toIntExact(grant.pid());
            Pidfd process = Pidfd.open(pid);
            // In this order: a start time that is read while the pidfd is alive belongs to that process.
            if (procfs.startTicks(pid).orElse(-1) == grant.startTicks() && process.alive()) {
                entries.put(grant.podUID(), new Entry(grant, process, new CountDownLatch(0)));
                return;
            }
            process.close();
        } catch (ErrnoException | ArithmeticException e) {
            log.atDebug().setCause(e).log("a reported grant is not restored");
        }
        log.atInfo()
                .addKeyValue(
                        LogKeys.VM,
                        NamespacedName.of(grant.vm().namespace(), grant.vm().name()))
                .addKeyValue(LogKeys.PID, grant.pid())
                .log("the process of a reported grant has ended; the grant is not restored");
    }

    /**
     * Ends the grants whose process has ended, and removes those of vanished pods. Called by the one thread that waits
     * for the processes.
     */
    public synchronized void sweep() {
        List<Entry> ended = entries.values().stream()
                .filter(entry -> entry.process() != null && !entry.process().alive())
                .toList();
        ended.forEach(this::end);
        entries.values()
                .removeIf(entry -> !entry.live()
                        && tree.podDirectory(entry.grant().podUID()).isEmpty());
        if (!ended.isEmpty()) {
            listener.changed(live());
        }
    }

    private void end(Entry entry) {
        Grant grant = entry.grant();
        if (entry.process() != null) {
            entry.process().close();
        }
        entries.put(grant.podUID(), new Entry(grant, null, entry.reported()));
        log.atInfo()
                .addKeyValue(
                        LogKeys.VM,
                        NamespacedName.of(grant.vm().namespace(), grant.vm().name()))
                .addKeyValue(LogKeys.PID, grant.pid())
                .log("the process of a grant has ended");
    }

    /** Records the locked memory of the process of a live grant. */
    synchronized void locked(String podUid, long lockedBytes) {
        Entry entry = entries.get(podUid);
        if (entry != null && entry.live()) {
            Grant old = entry.grant();
            Grant grant = new Grant(
                    old.podUID(),
                    old.vm(),
                    old.pid(),
                    old.startTicks(),
                    old.devices(),
                    old.requiredBytes(),
                    old.measuredBytes(),
                    old.limitBytes(),
                    old.appliedBytes(),
                    lockedBytes,
                    old.time());
            entries.put(podUid, new Entry(grant, entry.process(), entry.reported()));
            listener.changed(live());
        }
    }
}
