package dev.holdfast.agent.loop;

import dev.holdfast.agent.bind.Binder;
import dev.holdfast.agent.plugin.CdiDirectory;
import dev.holdfast.agent.plugin.DevicePlugins;
import dev.holdfast.agent.report.DeviceCounts;
import dev.holdfast.agent.report.NodeReport;
import dev.holdfast.agent.report.NodeReporter;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.node.PassthroughNodeStatus.Grant;
import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.inventory.AssignableGroup;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.inventory.GroupResolver;
import dev.holdfast.inventory.HostUse;
import dev.holdfast.retry.RetryDelay;
import dev.holdfast.telemetry.AgentMeters;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One round: look at the bus, sort, offer, report. A round asks for the whole state and changes what differs, so it may
 * be run at any time and as often as one likes: whenever something is heard to have changed, and by the clock only where
 * nothing tells. Used by one thread; {@link #functions}, {@link #busChanged}, {@link #unfinishedSince} and {@link #hasFinished}
 * are for any.
 */
public final class AgentLoop implements GroupResolver {
    private static final Logger log = LoggerFactory.getLogger(AgentLoop.class);

    /** Nobody tells when the kubelet has freed what a pod held, so it is asked while something is held without a grant. */
    private static final Duration ASK_KUBELET = Duration.ofSeconds(5);

    /** Within this time the kubelet tells of what it has allocated. */
    private static final Duration ALLOCATION = Duration.ofSeconds(10);

    private final NodeObserver node;
    private final Quarantine quarantine;
    private final String bootID;
    private final Supplier<Optional<List<DeviceClass>>> classes;
    private final CdiDirectory cdi;
    private final Binder binder;
    private final DevicePlugins plugins;
    private final NodeReporter reporter;
    private final LiveGrants grants;
    private final AgentMeters meters;
    private final Clock clock;
    private final RetryDelay pace = new RetryDelay();
    private final Set<String> known = new HashSet<>();
    private final AtomicReference<@Nullable Long> busChange = new AtomicReference<>();

    /** IDs of the groups that could have been held and were not, after the last round. */
    private Set<String> freeBefore = Set.of();

    private boolean restored;
    private volatile @Nullable Instant unfinishedSince;
    private volatile boolean finished;
    private volatile Instant allocated = Instant.MIN;

    /** Class by group ID of everything that pods hold, in the kubelet's words. */
    @FunctionalInterface
    public interface HeldGroups {
        Map<String, String> held() throws IOException;
    }

    /** The grants of this node, as far as the loop has to know of them. */
    public interface LiveGrants {
        /** Those of running processes. */
        List<Grant> live();

        /**
         * Called before the first {@link #live}, until it succeeds, with what an agent before this one left in the API.
         *
         * @param left grants of this boot; their processes may be gone
         * @throws IOException with a sentence for a person
         */
        void restore(List<Grant> left) throws IOException;

        /** Called when the API server has these grants. */
        void reported(List<Grant> live);
    }

    /**
     * Nothing happens before the first {@link #round}.
     *
     * @param hostUse what the node does with its devices itself
     * @param classes of this node; empty while they are not known yet
     */
    public AgentLoop(
            Sysfs sysfs,
            HostUse hostUse,
            boolean allowEmulation,
            String bootID,
            Supplier<Optional<List<DeviceClass>>> classes,
            HeldGroups kubelet,
            CdiDirectory cdi,
            Quarantine quarantine,
            Binder binder,
            DevicePlugins plugins,
            NodeReporter reporter,
            LiveGrants grants,
            AgentMeters meters,
            Clock clock) {
        this.node = new NodeObserver(sysfs, hostUse, allowEmulation, kubelet, meters, clock);
        this.quarantine = quarantine;
        this.bootID = bootID;
        this.classes = classes;
        this.cdi = cdi;
        this.binder = binder;
        this.plugins = plugins;
        this.reporter = reporter;
        this.grants = grants;
        this.meters = meters;
        this.clock = clock;
        this.unfinishedSince = clock.instant();
    }

    /**
     * {@inheritDoc}
     *
     * <p>The device is asked at this moment, too: between the end of one VM and the start of the next there may have been
     * no round.
     */
    @Override
    public Optional<AssignableGroup> functions(String groupId) {
        return node.inventory()
                .functions(groupId)
                .filter(group -> quarantine.answer(
                        group.pciAddresses().stream().map(PciAddress::parse).toList()));
    }

    /**
     * The next round shall read the bus anew.
     *
     * @param since {@link System#nanoTime} when the kernel first told of a change
     */
    public void busChanged(long since) {
        busChange.compareAndSet(null, since);
    }

    /** The kubelet has allocated something; it tells of which pod has it only a moment later. */
    public void allocated() {
        allocated = clock.instant();
    }

    /**
     * Since when no round has come to its end with everything offered and reported; empty when the last one has, and
     * none is under way.
     */
    public Optional<Instant> unfinishedSince() {
        return Optional.ofNullable(unfinishedSince);
    }

    /** Whether a round has ever come to its end. */
    public boolean hasFinished() {
        return finished;
    }

    /**
     * One round. What fails is logged, once for the same words, and tried again in the next.
     *
     * @return when the next has to be, though nothing should change until then
     */
    public Duration round() {
        if (unfinishedSince == null) {
            unfinishedSince = clock.instant();
        }
        List<DeviceClass> now = classes.get().orElse(null);
        if (now == null) {
            return NodeObserver.RESCAN;
        }
        Set<String> problems = new HashSet<>();
        Long toldAt = busChange.getAndSet(null);
        Duration next;
        try {
            next = round(now, toldAt, problems);
        } catch (IOException e) {
            problems.add(Objects.toString(e.getMessage(), e.toString()));
            if (toldAt != null) {
                busChange.compareAndSet(null, toldAt);
            }
            next = pace.failed();
        }
        tell(problems);
        return next;
    }

    private Duration round(List<DeviceClass> now, @Nullable Long toldAt, Set<String> problems) throws IOException {
        if (binder.takeIn() || toldAt != null) {
            node.forget();
        }
        long asked = System.nanoTime();
        boolean whole = node.observe(now, problems);
        examine(whole);
        binder.round(node.inventory(), node.platform(), now, whole && restored ? busy() : null, asked);
        DeviceOffer offer = DeviceOffer.of(node.inventory(), now, this::obstacle);
        cdi.write(offer.usable(), node.platform().kvm());
        plugins.offer(offer.devices());
        binder.offered();
        restoreGrants();
        Duration next = report();
        binder.done();
        if (toldAt != null) {
            meters.busChangeReported(Duration.ofNanos(System.nanoTime() - toldAt));
        }
        if (!whole || !plugins.allRegistered()) {
            return RetryDelay.earlier(next, pace.failed());
        }
        finished = true;
        unfinishedSince = null;
        return RetryDelay.earlier(next, calm());
    }

    /**
     * Asks the groups that have become free whether they answer, at first all that nobody holds. What is not on vfio-pci
     * is the host's own: that is neither woken nor reset.
     *
     * @param whole whether the kubelet has told what pods hold
     */
    private void examine(boolean whole) {
        Set<String> busy = busy();
        Map<String, DeviceGroup> free = new TreeMap<>();
        node.inventory().groups().forEach((id, group) -> {
            if (group.present()
                    && group.viable()
                    && group.deviceClass() != null
                    && !busy.contains(id)
                    && binder.obstacle(id) == null) {
                free.put(id, group);
            }
        });
        free.forEach((id, group) -> {
            if (!freeBefore.contains(id)) {
                quarantine.check(group);
            }
        });
        // Before both are known a reset might tear the device from somebody.
        if (whole && restored) {
            quarantine.treat(free);
        }
        freeBefore = Set.copyOf(free.keySet());
    }

    /** Tells the API server, and then those who wait for it to know their grants. */
    private Duration report() throws IOException {
        List<Grant> live = grants.live();
        NodeReport report = new NodeReport(
                bootID,
                node.platform(),
                node.inventory(),
                node.held().keySet(),
                live,
                quarantine.sentences(),
                binder.bindings());
        DeviceCounts.count(report.devices(), meters);
        Duration next = reporter.report(report);
        grants.reported(live);
        return next;
    }

    /** All went well: how soon to look although nothing is told. */
    private Duration calm() {
        pace.succeeded();
        Instant now = clock.instant();
        boolean told = NodeReport.granted(grants.live()).containsAll(node.held().keySet())
                && allocated.isBefore(now.minus(ALLOCATION));
        Duration next = told ? node.rescan() : ASK_KUBELET;
        return Stream.of(quarantine.nextTry(), binder.nextRound())
                .flatMap(Optional::stream)
                .map(due -> due.isAfter(now) ? Duration.between(now, due) : Duration.ZERO)
                .reduce(next, RetryDelay::earlier);
    }

    private Set<String> busy() {
        return NodeReport.busy(node.held().keySet(), grants.live());
    }

    /** Grants of another boot are dropped: their processes are gone, and their pids may be others'. */
    private void restoreGrants() throws IOException {
        if (restored) {
            return;
        }
        PassthroughNodeStatus left = reporter.read();
        List<Grant> found = left == null || !bootID.equals(left.bootID()) ? null : left.grants();
        grants.restore(found == null ? List.of() : found);
        restored = true;
    }

    private @Nullable String obstacle(DeviceGroup group) {
        String id = group.id().toString();
        return Stream.of(
                        grantedToAnother(group),
                        binder.obstacle(id),
                        group.message(),
                        quarantine.sentences().get(id))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /**
     * A group that the kubelet takes for free though a process has it: a kubelet that has lost its memory, or a group
     * that has changed its main function and with it its name.
     */
    private @Nullable String grantedToAnother(DeviceGroup group) {
        if (node.held().containsKey(group.id().toString())) {
            return null;
        }
        Set<String> granted = NodeReport.granted(grants.live());
        return group.members().stream()
                .map(member -> member.address().toString())
                .filter(granted::contains)
                .findFirst()
                .map(address -> address + " belongs to a VM that runs, though the kubelet tells of no pod that holds "
                        + group.id() + "; it is offered again when that VM has ended")
                .orElse(null);
    }

    private void tell(Set<String> problems) {
        known.retainAll(problems);
        problems.stream()
                .filter(known::add)
                .sorted()
                .forEach(problem -> log.atWarn().log(problem));
    }
}
