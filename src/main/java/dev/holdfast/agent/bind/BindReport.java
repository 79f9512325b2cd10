package dev.holdfast.agent.bind;

import dev.holdfast.api.StatusTexts;
import dev.holdfast.api.node.BindResult;
import dev.holdfast.api.node.DriverBinding;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.telemetry.EventWriter;
import dev.holdfast.text.LogKeys;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Last outcome of each group as it is reported: in the node report, in the log and as Events. Not thread-safe. */
final class BindReport {
    private static final Logger log = LoggerFactory.getLogger(BindReport.class);

    /** Time within which further uses of a device of the same kind are not reported again. */
    static final Duration SAME_USE = Duration.ofMinutes(5);

    private final BindAnnouncer announcer;
    private final Clock clock;
    private final Map<GroupId, Reported> groups = new TreeMap<>();
    private final List<BindOutcome> unannounced = new ArrayList<>();

    private record Reported(BindOutcome outcome, Instant since) {
        /**
         * Returns whether a newer outcome needs no report of its own: short-lived processes may open a device in turn.
         */
        boolean covers(BindOutcome newer, Instant now) {
            return outcome.equals(newer) || outcome.sameKind(newer) && now.isBefore(since.plus(SAME_USE));
        }
    }

    BindReport(BindAnnouncer announcer, Clock clock) {
        this.announcer = announcer;
        this.clock = clock;
    }

    /** Adds a group that the previous agent bound. */
    void restore(BoundGroup group) {
        groups.put(group.id(), new Reported(BindOutcome.bound(group), group.time()));
    }

    /** Records a new outcome of a group; logs it unless it is the same as the last. */
    void note(GroupId groupId, BindOutcome outcome) {
        Reported last = groups.get(groupId);
        if (last != null && last.covers(outcome, clock.instant())) {
            return;
        }
        groups.put(groupId, new Reported(outcome, clock.instant()));
        unannounced.add(outcome);
        (outcome.warning() ? log.atWarn() : log.atInfo())
                .addKeyValue(LogKeys.REASON, outcome.reason())
                .log(outcome.message());
    }

    /** Writes an Event for each outcome since the last call. */
    void announce() {
        unannounced.forEach(outcome ->
                announcer.announce(new EventWriter.Content(outcome.warning(), outcome.reason(), outcome.message())));
        unannounced.clear();
    }

    /** Returns the message about a group that another program uses; null for other groups. */
    @Nullable
    String inUse(GroupId groupId) {
        Reported last = groups.get(groupId);
        return last != null && last.outcome().result() == BindResult.InUse
                ? last.outcome().message()
                : null;
    }

    /** Returns the state of the bindings by the address of the function. */
    Map<PciAddress, DriverBinding> bindings() {
        Map<PciAddress, DriverBinding> found = new TreeMap<>();
        groups.values()
                .forEach(reported -> reported.outcome()
                        .former()
                        .forEach((address, former) -> found.put(address, binding(reported, former))));
        return found;
    }

    private static DriverBinding binding(Reported reported, @Nullable String former) {
        return new DriverBinding(
                reported.outcome().result(),
                StatusTexts.cut(reported.outcome().message(), StatusTexts.MAX_MESSAGE),
                former,
                reported.since().truncatedTo(ChronoUnit.SECONDS).toString());
    }

    /** Drops the warning about a bound group for which no action is planned any more. */
    void clearWarning(BoundGroup group) {
        groups.computeIfPresent(
                group.id(),
                (id, last) -> last.outcome().warning() ? new Reported(BindOutcome.bound(group), group.time()) : last);
    }

    /**
     * Forgets all groups except these, and except those that were given back and are still on the bus.
     *
     * @param present IDs of the groups on the bus
     * @param current IDs of the groups to keep
     */
    void keep(Set<GroupId> current, Set<GroupId> present) {
        groups.entrySet()
                .removeIf(entry -> !current.contains(entry.getKey())
                        && (entry.getValue().outcome().result() != BindResult.Restored
                                || !present.contains(entry.getKey())));
    }
}
