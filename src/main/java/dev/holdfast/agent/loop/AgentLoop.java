package dev.holdfast.agent.loop;

import dev.holdfast.agent.bind.BindController;
import dev.holdfast.agent.report.DeviceCounts;
import dev.holdfast.agent.report.NodeReport;
import dev.holdfast.agent.report.NodeReporter;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.retry.RetryDelay;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.text.FailureText;
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
 * Main loop of the agent. A round observes the node, binds, offers and reports. It reads the whole state and changes
 * what differs, so it may run at any time and as often as needed: after every reported change, and at intervals only
 * for what is not reported. Not thread-safe, except for {@link #busChanged}, {@link #allocated}, {@link
 * #unfinishedSince} and {@link #hasFinished}.
 */
public final class AgentLoop {
    private static final Logger log = LoggerFactory.getLogger(AgentLoop.class);

    /**
     * Interval of requests to the kubelet while a device is held without a grant: the kubelet does not report when a
     * pod has released its devices.
     */
    private static final Duration ASK_KUBELET = Duration.ofSeconds(5);

    /** Time within which the kubelet lists an allocation. */
    private static final Duration ALLOCATION = Duration.ofSeconds(10);

    private final NodeObserver node;
    private final AssignableGroups groups;
    private final String bootID;
    private final Supplier<Optional<List<DeviceClass>>> classes;
    private final BindController binder;
    private final OfferReceivers offers;
    private final NodeReporter reporter;
    private final LiveGrants grants;
    private final AgentMeters meters;
    private final Clock clock;
    private final RetryDelay retry = new RetryDelay();
    private final ProblemLog problemLog = new ProblemLog(log);
    private final AtomicReference<@Nullable Long> busChange = new AtomicReference<>();

    private ClassPaths paths = new ClassPaths(Set.of(), Map.of());
    private Map<GroupId, String> offeredTwice = Map.of();
    private boolean restored;
    private volatile @Nullable Instant unfinishedSince;
    private volatile boolean finished;
    private volatile Instant allocated = Instant.MIN;

    /**
     * Creates a loop; nothing is done before the first {@link #round}.
     *
     * @param bootID  boot ID of the running kernel
     * @param classes device classes of this node; empty while they are unknown
     */
    public AgentLoop(
            NodeObserver node,
            AssignableGroups groups,
            String bootID,
            Supplier<Optional<List<DeviceClass>>> classes,
            BindController binder,
            OfferReceivers offers,
            NodeReporter reporter,
            LiveGrants grants,
            AgentMeters meters,
            Clock clock) {
        this.node = node;
        this.groups = groups;
        this.bootID = bootID;
        this.classes = classes;
        this.binder = binder;
        this.offers = offers;
        this.reporter = reporter;
        this.grants = grants;
        this.meters = meters;
        this.clock = clock;
        this.unfinishedSince = clock.instant();
    }

    /**
     * Makes the next round scan the bus.
     *
     * @param since {@link System#nanoTime} when the kernel first reported a change
     */
    public void busChanged(long since) {
        busChange.compareAndSet(null, since);
    }

    /** Records an allocation of the kubelet, which lists the pod a moment later. */
    public void allocated() {
        allocated = clock.instant();
    }

    /**
     * Returns the time since which no round has offered and reported everything; empty when the last round has, and
     * none is in progress.
     */
    public Optional<Instant> unfinishedSince() {
        return Optional.ofNullable(unfinishedSince);
    }

    /** Returns whether any round has offered and reported everything. */
    public boolean hasFinished() {
        return finished;
    }

    /**
     * Runs one round. Failures are logged, once for the same message, and retried in the next round.
     *
     * @return maximum time until the next round
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
        Long changedAt = busChange.getAndSet(null);
        Duration next;
        try {
            next = round(now, changedAt, problems);
        } catch (IOException e) {
            problems.add(FailureText.of(e));
            if (changedAt != null) {
                busChange.compareAndSet(null, changedAt);
            }
            next = retry.failed();
        }
        problemLog.update(problems);
        return next;
    }

    private Duration round(List<DeviceClass> now, @Nullable Long changedAt, Set<String> problems) throws IOException {
        if (binder.takeResults() || changedAt != null) {
            node.forget();
        }
        long asked = System.nanoTime();
        boolean complete = node.observe(now, problems);
        Set<PciAddress> busy = busy();
        groups.check(id -> busy.contains(id.main()) || binder.obstacle(id) != null, complete && restored);
        binder.round(node.inventory(), node.readiness(), now, complete && restored ? busy() : null, asked);
        paths = ClassPaths.of(now, node.holders());
        problems.addAll(paths.waiting().values());
        DeviceOffer offer = DeviceOffer.of(node.inventory(), now, this::obstacle, paths, offers.dra()::claimOf);
        offers.offer(offer, node.readiness().kvm());
        binder.offered();
        restoreGrants();
        offers.offerClaims(offer, node.readiness().kvm());
        // What pods hold is unknown otherwise, and a device that is withdrawn by mistake would be written twice.
        Duration published = complete ? offers.publish(offer, problems) : NodeObserver.RESCAN;
        offeredTwice = complete ? offers.offeredTwice(offer, problems) : offeredTwice;
        Duration next = earlier(report(), published);
        binder.done();
        if (changedAt != null) {
            meters.busChangeReported(Duration.ofNanos(System.nanoTime() - changedAt));
        }
        if (!complete || !offers.allServed()) {
            return earlier(next, retry.failed());
        }
        finished = true;
        unfinishedSince = null;
        return earlier(next, steady());
    }

    /** Writes the node report, and then releases the requests that wait until it has their grants. */
    private Duration report() throws IOException {
        List<Grant> live = grants.live();
        Map<GroupId, String> messages = new TreeMap<>(offeredTwice);
        messages.putAll(paths.messages(
                node.inventory(), node.held().keySet(), offers.slices().notServed()));
        NodeReport report = new NodeReport(
                bootID,
                node.readiness(),
                node.inventory(),
                node.held().keySet(),
                live,
                groups.quarantined(),
                binder.bindings(),
                messages);
        DeviceCounts.count(report.devices(), meters);
        Duration next = reporter.report(report);
        meters.nodeReported(clock.instant());
        grants.reported(live);
        return next;
    }

    /** Returns the time until the next round after a round without failures. */
    private Duration steady() {
        retry.succeeded();
        Instant now = clock.instant();
        Set<PciAddress> granted = NodeReport.granted(grants.live());
        boolean listed = node.held().keySet().stream().map(GroupId::main).allMatch(granted::contains)
                && allocated.isBefore(now.minus(ALLOCATION));
        Duration next = listed ? node.rescan() : ASK_KUBELET;
        return Stream.of(groups.nextReset(), binder.nextRound())
                .flatMap(Optional::stream)
                .map(due -> due.isAfter(now) ? Duration.between(now, due) : Duration.ZERO)
                .reduce(next, AgentLoop::earlier);
    }

    private static Duration earlier(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    private Set<PciAddress> busy() {
        return NodeReport.busy(node.held().keySet(), grants.live());
    }

    /**
     * Restores grants. Those of another boot are dropped: their processes have ended, and other processes may have
     * their pids.
     */
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
        GroupId id = group.id();
        return Stream.of(
                        grantedToAnother(group),
                        binder.obstacle(id),
                        group.message(),
                        groups.quarantined().get(id),
                        node.held().containsKey(id) ? null : paths.waiting().get(group.deviceClass()))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /**
     * Returns the obstacle of a group that the kubelet considers free although a process has it: after the kubelet has
     * lost its checkpoint, or when the main function of the group and so its ID has changed.
     */
    private @Nullable String grantedToAnother(DeviceGroup group) {
        if (node.held().containsKey(group.id())) {
            return null;
        }
        Set<PciAddress> granted = NodeReport.granted(grants.live());
        return group.members().stream()
                .map(PciFunction::address)
                .filter(granted::contains)
                .findFirst()
                .map(address -> address + " belongs to a running VM, although the kubelet lists no pod that holds "
                        + group.id() + "; it is offered again when that VM has ended")
                .orElse(null);
    }
}
