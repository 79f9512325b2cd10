package dev.holdfast.agent.bind;

import dev.holdfast.agent.plugin.AllocationGate;
import dev.holdfast.api.node.DriverBinding;
import dev.holdfast.host.pci.PciDrivers;
import dev.holdfast.host.pci.VfioDrivers;
import dev.holdfast.host.usage.DeviceOpeners;
import dev.holdfast.host.usage.PciUsers;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.inventory.NodeReadiness;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
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
 * Binds devices to vfio-pci for the classes that require it, and gives them back when no class does any more. Part of
 * the round of the agent and used by its thread. The attempts run on other threads, since a driver may block the writer
 * as long as a process has its device open. Stopping the agent changes no driver.
 */
public final class BindController {
    private static final Logger log = LoggerFactory.getLogger(BindController.class);

    /** Drivers release a device within seconds, unless they wait for a process. */
    private static final Duration STUCK = Duration.ofSeconds(30);

    private final PciDrivers drivers;
    private final BindPreconditions preconditions;
    private final DeviceUseCheck usage;
    private final BindingsFile bindings;
    private final DriverBinder binder;
    private final AllocationGate gate;
    private final Executor executor;
    private final Runnable ended;
    private final AgentMeters meters;
    private final Clock clock;

    private final BindAttempts attempts = new BindAttempts();
    private final Map<GroupId, Running> running = new HashMap<>();
    private final Queue<Ended> results = new ConcurrentLinkedQueue<>();
    private final BindReport report;
    private final List<GroupId> toOpen = new ArrayList<>();

    /** Time at which it is known whether a group was allocated that may just have been; null when there is none. */
    private @Nullable Instant allocationsKnown;

    /**
     * Running attempt.
     *
     * @param changing whether the group was found unused, so that its drivers are changed
     */
    private record Running(BindAction action, Instant since, AtomicBoolean changing) {}

    private record Ended(BindAction action, BindOutcome outcome, Duration took) {}

    /**
     * Resources of the node that a binder uses.
     *
     * @param state directory for the bindings that the next agent has to know
     */
    public record Host(PciDrivers drivers, PciUsers users, DeviceOpeners files, Path state) {
        /** Returns the host whose file systems are mounted there. */
        public static Host at(Path sysfs, Path procfs, Path state) {
            return new Host(new PciDrivers(sysfs), new PciUsers(sysfs, procfs), new DeviceOpeners(procfs), state);
        }
    }

    /**
     * Creates the binder and reads the recorded bindings; changes nothing.
     *
     * @param executor runs attempts, each of which may take long
     * @param ended    called after each attempt, on any thread, to request a round
     */
    public BindController(
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
        binder = new DriverBinder(drivers, bindings);
        this.gate = gate;
        this.executor = executor;
        this.ended = ended;
        this.meters = meters;
        this.clock = clock;
        report = new BindReport(announcer, clock);
        bindings.all().stream().filter(this::complete).forEach(report::restore);
    }

    /**
     * Takes the results of the attempts that have ended since the last round. Must be called first in a round.
     *
     * @return whether drivers may have changed, so that the bus has to be read again
     */
    public boolean takeResults() {
        boolean any = false;
        for (Ended result = results.poll(); result != null; result = results.poll()) {
            GroupId groupId = result.action().groupId();
            Running attempt = running.remove(groupId);
            toOpen.add(groupId);
            concluded(groupId, result.outcome(), result.took());
            any |= attempt != null && attempt.changing().get();
        }
        return any;
    }

    /**
     * Starts the attempts that are due.
     *
     * @param inventory inventory of an observation after {@link #takeResults}
     * @param readiness  readiness of the node
     * @param classes   device classes of this node
     * @param held      main functions of groups that pods hold, and functions of grants; null while unknown: then
     *                  nothing is started
     * @param asked     {@link System#nanoTime} before the request to the kubelet for the held devices
     */
    public void round(
            Inventory inventory,
            NodeReadiness readiness,
            List<DeviceClass> classes,
            @Nullable Set<PciAddress> held,
            long asked) {
        Instant now = clock.instant();
        allocationsKnown = null;
        running.values().stream()
                .filter(attempt -> !now.isBefore(attempt.since().plus(STUCK)))
                .forEach(attempt -> report.note(attempt.action().groupId(), stuck(attempt)));
        if (held == null) {
            return;
        }
        List<BindAction> planned = BindPlan.of(inventory, readiness, classes, held, bindings.all());
        forgetOthers(inventory, planned);
        planned.stream()
                .filter(action -> !running.containsKey(action.groupId()) && attempts.due(action, now))
                .forEach(action -> attempt(action, now, asked));
    }

    /**
     * Opens the groups of completed attempts for allocation; called after the kubelet was offered the new state of all
     * groups.
     */
    public void offered() {
        toOpen.forEach(gate::open);
        toOpen.clear();
    }

    /** Writes Events about the outcomes of a round. */
    public void done() {
        report.announce();
    }

    /**
     * Returns the message why a group cannot be allocated now; null when it is neither in use by another program nor
     * being bound.
     */
    public @Nullable String obstacle(GroupId groupId) {
        String inUse = report.inUse(groupId);
        if (inUse != null) {
            return inUse;
        }
        return running.containsKey(groupId) ? "the driver of " + groupId + " is being changed" : null;
    }

    /** Returns the state of the bindings by the address of the function. */
    public Map<PciAddress, DriverBinding> bindings() {
        return report.bindings();
    }

    /**
     * Returns the time by which the next round is needed; empty for none. Never a time in the past: an action that was
     * due and could not be started waits for an ordinary round of the agent.
     */
    public Optional<Instant> nextRound() {
        Instant now = clock.instant();
        return Stream.of(
                        attempts.next().stream(),
                        Stream.ofNullable(allocationsKnown),
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
            allocationsKnown = now.plus(AllocationGate.REPORT_DELAY);
        }
    }

    /**
     * Runs an attempt. Checks the use of the group first: with the gate closed, so that the group is not allocated
     * meanwhile, and on this thread, since the check may take long.
     */
    private void carryOut(Running attempt) {
        BindAction action = attempt.action();
        Instant begun = attempt.since();
        BindOutcome outcome;
        try {
            outcome = usage.obstacle(action).orElseGet(() -> {
                attempt.changing().set(true);
                return binder.carryOut(action, begun);
            });
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("an attempt to bind was ended by a fault of the agent");
            outcome = BindOutcome.failed(
                    action,
                    "binding of " + action.groupId() + " was ended by a fault of the agent (" + e + "); see its log");
        }
        results.add(new Ended(action, outcome, Duration.between(begun, clock.instant())));
        ended.run();
    }

    private void concluded(GroupId groupId, BindOutcome outcome, Duration took) {
        attempts.ended(groupId, outcome.result(), clock.instant());
        meters.bind(outcome.result().name(), took);
        report.note(groupId, outcome);
    }

    /** Returns whether all functions of a group are on vfio-pci; after an interrupted attempt they are not. */
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
                        ? "a driver has not released " + action.groupId() + " for " + STUCK.toSeconds()
                                + " s, and the attempt continues; end the program that uses the device, or see the"
                                + " node's kernel log (dmesg)"
                        : "checking which process uses " + action.groupId() + " has taken " + STUCK.toSeconds()
                                + " s and continues; check whether a process of the node has a file open on a file system"
                                + " that is not responding");
    }

    /** Forgets groups that are neither planned, running nor bound. */
    private void forgetOthers(Inventory inventory, List<BindAction> planned) {
        Set<GroupId> current = new HashSet<>(running.keySet());
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
