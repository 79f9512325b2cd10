package dev.holdfast.agent.loop;

import dev.holdfast.host.pci.ConfigSpace;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.retry.Backoff;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Groups that are not responding after a VM had them: a read of their configuration space returns all ones. They are
 * not offered until they respond. Not thread-safe, except for {@link #answer}. Resets run on other threads, since the
 * kernel may wait a minute for a device that does not come back.
 *
 * <p>A group is checked when it becomes free: when a pod ends, when a class begins to select it, when the agent starts.
 * It is not checked in between, since a read wakes up a sleeping device.
 */
public final class Quarantine {
    private static final Logger log = LoggerFactory.getLogger(Quarantine.class);
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(10), Duration.ofMinutes(5));

    private final ConfigSpace config;
    private final Executor executor;
    private final Runnable ended;
    private final Clock clock;
    private final Map<GroupId, Entry> entries = new TreeMap<>();
    private final Queue<ResetResult> results = new ConcurrentLinkedQueue<>();

    /**
     * State of a quarantined group.
     *
     * @param resets  number of resets without success
     * @param nextTry null while a reset is in progress
     */
    private record Entry(
            String message, int resets, @Nullable Instant nextTry) {}

    /** @param problem empty when no reset failed */
    private record ResetResult(GroupId id, String problem) {}

    /**
     * Creates an empty quarantine.
     *
     * @param executor runs resets
     * @param ended    called after each reset, on the thread of the executor
     */
    public Quarantine(ConfigSpace config, Executor executor, Runnable ended, Clock clock) {
        this.config = config;
        this.executor = executor;
        this.ended = ended;
        this.clock = clock;
    }

    /** Returns whether all functions respond now. Thread-safe. */
    public boolean answer(Collection<PciAddress> functions) {
        return functions.stream().allMatch(config::responds);
    }

    /**
     * Checks whether a free group responds. Adds it to the quarantine if it does not, and removes it if it does.
     *
     * @param group group on the bus
     */
    public void check(DeviceGroup group) {
        GroupId id = group.id();
        List<PciFunction> silent = silent(group);
        if (silent.isEmpty()) {
            remove(id);
        } else if (!entries.containsKey(id)) {
            String message = message(silent);
            entries.put(id, new Entry(message, 0, clock.instant()));
            log.atWarn().addKeyValue(LogKeys.DEVICE, id).log(message);
        }
    }

    /**
     * Evaluates completed resets, and starts those that are due. Groups that are no longer free are removed.
     *
     * @param free free groups on the bus, by ID
     */
    public void resetDue(Map<GroupId, DeviceGroup> free) {
        entries.keySet().removeIf(id -> !free.containsKey(id));
        for (ResetResult result = results.poll(); result != null; result = results.poll()) {
            evaluate(result, free);
        }
        Instant now = clock.instant();
        entries.replaceAll((id, entry) -> {
            Instant due = entry.nextTry();
            if (due == null || now.isBefore(due)) {
                return entry;
            }
            List<PciFunction> silent = silent(Objects.requireNonNull(free.get(id)));
            executor.execute(() -> reset(id, silent));
            return new Entry(entry.message(), entry.resets(), null);
        });
    }

    /** Returns the message why a group is not offered, by its ID. */
    public Map<GroupId, String> messages() {
        Map<GroupId, String> messages = new TreeMap<>();
        entries.forEach((id, entry) -> messages.put(id, entry.message()));
        return Map.copyOf(messages);
    }

    /** Returns the time of the next reset; empty if none is due. */
    public Optional<Instant> nextTry() {
        return entries.values().stream()
                .map(Entry::nextTry)
                .flatMap(Stream::ofNullable)
                .min(Instant::compareTo);
    }

    /** Resets functions, except those on a VFIO variant driver: a reset would lose the type of a vGPU. */
    private void reset(GroupId id, List<PciFunction> silent) {
        String problem = "";
        for (PciFunction member : silent) {
            if (member.needsItsDriver()) {
                problem = "; the agent does not reset functions on " + member.driver()
                        + ", whose log may show the reason";
                continue;
            }
            try {
                config.reset(member.address());
            } catch (IOException e) {
                problem = "; the agent could not reset it: " + e.getMessage();
            }
        }
        results.add(new ResetResult(id, problem));
        ended.run();
    }

    private void evaluate(ResetResult result, Map<GroupId, DeviceGroup> free) {
        Entry entry = entries.get(result.id());
        DeviceGroup group = free.get(result.id());
        if (entry == null || group == null) {
            return;
        }
        List<PciFunction> silent = silent(group);
        if (silent.isEmpty()) {
            remove(result.id());
            return;
        }
        entries.put(
                result.id(),
                new Entry(
                        message(silent) + result.problem(),
                        entry.resets() + 1,
                        clock.instant().plus(BACKOFF.delay(entry.resets()))));
    }

    private void remove(GroupId id) {
        if (entries.remove(id) != null) {
            log.atInfo().addKeyValue(LogKeys.DEVICE, id).log("the device is responding again and is offered");
        }
    }

    private List<PciFunction> silent(DeviceGroup group) {
        return group.members().stream()
                .filter(member -> !config.responds(member.address()))
                .toList();
    }

    private static String message(List<PciFunction> silent) {
        PciAddress first = silent.getFirst().address();
        return first + " is not responding: its configuration space reads as all ones; write 1 to"
                + " /sys/bus/pci/devices/" + first
                + "/reset as root, or power the node off and on; then it is offered again";
    }
}
