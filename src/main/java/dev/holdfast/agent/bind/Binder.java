package dev.holdfast.agent.bind;

import dev.holdfast.agent.plugin.AllocationGate;
import dev.holdfast.api.node.DriverBinding;
import dev.holdfast.host.pci.PciDrivers;
import dev.holdfast.host.pci.VfioDrivers;
import dev.holdfast.host.usage.OpenFiles;
import dev.holdfast.host.usage.PciUsers;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.inventory.NodeReadiness;
import dev.holdfast.telemetry.AgentMeters;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives devices to vfio-pci for the classes that say so, and back when none does any more. Part of the agent's round and
 * used by its thread; the attempts themselves run on others, since a driver may let the writer wait for as long as
 * somebody has its device open. Stopping the agent changes no driver.
 */
public final class Binder {
    private static final Logger log = LoggerFactory.getLogger(Binder.class);

    /** Drivers let go within seconds, unless they wait for somebody. */
    private static final Duration STUCK = Duration.ofSeconds(30);

    private final PciDrivers drivers;
    private final BindPreconditions preconditions;
    private final DeviceUseCheck usage;
    private final BindingsFile bindings;
    private final GroupBinding groupBinding;
    private final AllocationGate gate;
    private final Executor executor;
    private final Runnable ended;
    private final AgentMeters meters;
    private final Clock clock;

    private final BindAttempts attempts = new BindAttempts();
    private final Map<String, Running> running = new HashMap<>();
    private final Queue<Ended> results = new ConcurrentLinkedQueue<>();
    private final BindReport report;
    private final List<String> toOpen = new ArrayList<>();

    /** When it is known whether a group that may just have been allocated was. */
    private @Nullable Instant untold;

    /** @param changing whether it is known that nobody uses the group, so that its drivers are touched */
    private record Running(BindAction action, Instant since, AtomicBoolean changing) {}

    private record Ended(BindAction action, BindOutcome outcome, Duration took) {}

    /**
     * The node, as far as a binder touches it.
     *
     * @param state where it leaves what the next one has to know
     */
    public record Host(PciDrivers drivers, PciUsers users, OpenFiles files, Path state) {
        /** That is mounted there. */
        public static Host at(Path sysfs, Path procfs, Path state) {
            return new Host(new PciDrivers(sysfs), new PciUsers(sysfs, procfs), new OpenFiles(procfs), state);
        }
    }

    /**
     * Reads what was bound before; changes nothing.
     *
     * @param executor runs attempts, each of which may take long
     * @param ended    told after each attempt, on whichever thread: it is time for a round
     */
    public Binder(
            Host host,
            String bootID,
            AllocationGate gate,
            Executor executor,
            Runnable ended,
            BindAnnouncer announcer,
            AgentMeters meters,
            Clock clock) {
        drivers = host.drivers();
        preconditions = new BindPreconditions(drivers);
        usage = new DeviceUseCheck(host.users(), host.files());
        bindings = BindingsFile.in(host.state(), bootID);
        groupBinding = new GroupBinding(drivers, bindings);
        this.gate = gate;
        this.executor = executor;
        this.ended = ended;
        this.meters = meters;
        this.clock = clock;
        report = new BindReport(announcer, clock);
        bindings.all().stream().filter(this::complete).forEach(group -> report.restore(group));
    }

    /**
     * Takes in what has ended since the last round, before anything else of a round is done.
     *
     * @return whether drivers may have changed, so that the bus has to be read again
     */
    public boolean takeIn() {
        boolean any = false;
        for (Ended result = results.poll(); result != null; result = results.poll()) {
            String groupId = result.action().groupId();
            Running attempt = running.remove(groupId);
            toOpen.add(groupId);
            concluded(groupId, result.outcome(), result.took());
            any |= attempt != null && attempt.changing().get();
        }
        return any;
    }

    /**
     * Starts what is due.
     *
     * @param inventory of a look at the bus after {@link #takeIn}
     * @param platform  of the node
     * @param classes   of this node
     * @param held      IDs of groups and addresses of functions that a pod or a grant has; null while that is not known:
     *                  then nothing is started
     * @param asked     {@link System#nanoTime} before the kubelet was asked for what pods have
     */
    public void round(
            Inventory inventory,
            NodeReadiness platform,
            List<DeviceClass> classes,
            @Nullable Set<String> held,
            long asked) {
        Instant now = clock.instant();
        untold = null;
        running.values().stream()
                .filter(attempt -> !now.isBefore(attempt.since().plus(STUCK)))
                .forEach(attempt -> report.note(attempt.action().groupId(), stuck(attempt)));
        if (held == null) {
            return;
        }
        List<BindAction> planned = BindPlan.of(inventory, platform, classes, held, bindings.all());
        forgetOthers(inventory, planned);
        planned.stream()
                .filter(action -> !running.containsKey(action.groupId()) && attempts.due(action, now))
                .forEach(action -> attempt(action, now, asked));
    }

    /** The kubelet has been told how it stands with all groups: those that an attempt kept may be allocated again. */
    public void offered() {
        toOpen.forEach(gate::open);
        toOpen.clear();
    }

    /** Reports what a round has decided as Events. */
    public void done() {
        report.announce();
    }

    /** Returns why a group cannot be allocated now; null when neither a user of it nor an attempt prevents it. */
    public @Nullable String obstacle(String groupId) {
        String inUse = report.inUse(groupId);
        if (inUse != null) {
            return inUse;
        }
        return running.containsKey(groupId) ? "the driver of " + groupId + " is being changed" : null;
    }

    /** Returns the state of the bindings by the address of the function. */
    public Map<String, DriverBinding> bindings() {
        return report.bindings();
    }

    /**
     * When the next round is wanted at the latest, because of what this waits for; empty for nothing. Never a time that has
     * passed: what was due and could not be done then waits for the agent's ordinary rounds.
     */
    public Optional<Instant> nextRound() {
        Instant now = clock.instant();
        return Stream.of(
                        attempts.next().stream(),
                        Stream.ofNullable(untold),
                        running.values().stream().map(attempt -> attempt.since().plus(STUCK)))
                .flatMap(times -> times)
                .filter(time -> time.isAfter(now))
                .min(Instant::compareTo);
    }

    private void attempt(BindAction action, Instant now, long asked) {
        Optional<BindOutcome> obstacle = preconditions.obstacle(action);
        if (obstacle.isPresent()) {
            concluded(action.groupId(), obstacle.get(), Duration.between(now, clock.instant()));
        } else if (gate.close(action.groupId(), asked)) {
            Running attempt = new Running(action, now, new AtomicBoolean());
            running.put(action.groupId(), attempt);
            executor.execute(() -> carryOut(attempt));
        } else {
            untold = now.plus(AllocationGate.REPORT_DELAY);
        }
    }

    /** Looks first: with the gate closed, so that nobody gets the group meanwhile, and here, where a look may take long. */
    private void carryOut(Running attempt) {
        BindAction action = attempt.action();
        Instant begun = attempt.since();
        BindOutcome outcome;
        try {
            outcome = usage.inTheWay(action).orElseGet(() -> {
                attempt.changing().set(true);
                return groupBinding.carryOut(action, begun);
            });
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("an attempt to bind ended early by a fault of the agent");
            outcome = BindOutcome.failed(
                    action, "binding " + action.groupId() + " ended by a fault of the agent (" + e + "); see its log");
        }
        results.add(new Ended(action, outcome, Duration.between(begun, clock.instant())));
        ended.run();
    }

    private void concluded(String groupId, BindOutcome outcome, Duration took) {
        attempts.ended(groupId, outcome.result(), clock.instant());
        meters.bind(outcome.result().name(), took);
        report.note(groupId, outcome);
    }

    /** An attempt that was cut off left some functions where they were. */
    private boolean complete(BoundGroup group) {
        for (FormerDriver function : group.functions()) {
            try {
                if (!drivers.driver(function.address()).equals(Optional.of(VfioDrivers.GENERIC))) {
                    return false;
                }
            } catch (IOException e) {
                return false;
            }
        }
        return true;
    }

    private static BindOutcome stuck(Running attempt) {
        BindAction action = attempt.action();
        return BindOutcome.failed(
                action,
                attempt.changing().get()
                        ? "a driver has not let go of " + action.groupId() + " for " + STUCK.toSeconds()
                                + " s; the attempt goes on: end what uses the device, or see the node's kernel log (dmesg)"
                        : "looking who uses " + action.groupId() + " has taken " + STUCK.toSeconds()
                                + " s and goes on; see whether a process of the node has a file open on a file system"
                                + " that does not answer");
    }

    /** Forgets groups that are neither planned, running nor bound. */
    private void forgetOthers(Inventory inventory, List<BindAction> planned) {
        Set<String> current = new HashSet<>(running.keySet());
        planned.forEach(action -> current.add(action.groupId()));
        attempts.keep(current);
        bindings.all().forEach(group -> {
            if (!current.contains(group.id()) && complete(group)) {
                report.clearWarning(group);
            }
            current.add(group.id());
        });
        report.keep(current, inventory.groups().keySet());
    }
}
