package dev.holdfast.reconcile;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.observed.Times;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.telemetry.NotReadyMeters;
import dev.holdfast.telemetry.NotReadyVms;
import dev.holdfast.text.LogKeys;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the VMs that are not ready, by phase and reason, and finds since when the longest waiting of each has made no
 * progress. Progress is a changed status of any condition: each phase of a start changes one.
 */
public final class NotReadyCounts implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(NotReadyCounts.class);

    /** Restarts after which a VM that is not ready counts as crash looping. */
    static final int CRASH_LOOP = 3;

    private final Supplier<Stream<PassthroughVM>> vms;
    private final NotReadyMeters meters;

    private record Kind(String phase, String reason) {}

    NotReadyCounts(Supplier<Stream<PassthroughVM>> vms, NotReadyMeters meters) {
        this.vms = vms;
        this.meters = meters;
    }

    /** Sets the meters. It throws nothing, as an executor would not run the task again. */
    @Override
    public void run() {
        try {
            Map<Kind, NotReadyVms> found =
                    new TreeMap<>(Comparator.comparing(Kind::phase).thenComparing(Kind::reason));
            int[] crashing = {0};
            vms.get()
                    .map(vm -> new RecordedStatus(vm.getStatus()))
                    .forEach(status -> waiting(status).ifPresent(one -> {
                        found.merge(new Kind(one.phase(), one.reason()), one, NotReadyCounts::sum);
                        crashing[0] += status.restarts() >= CRASH_LOOP ? 1 : 0;
                    }));
            meters.set(new ArrayList<>(found.values()), crashing[0]);
        } catch (RuntimeException e) {
            log.atWarn().addKeyValue(LogKeys.ERROR, e.toString()).log("VMs that are not ready cannot be counted");
        }
    }

    /** Returns the VM as the only one of its kind; empty when it is ready, or off as its spec requires. */
    private static Optional<NotReadyVms> waiting(RecordedStatus status) {
        return VmConditions.find(status.conditions(), VmConditions.READY)
                .filter(ready -> !"True".equals(ready.getStatus()))
                .flatMap(ready -> status.phase()
                        .flatMap(phase -> latest(status.conditions())
                                .map(since -> new NotReadyVms(phase.name(), reason(ready), 1, since))));
    }

    private static String reason(Condition ready) {
        return MetricReasons.of(Objects.requireNonNullElse(ready.getReason(), ""));
    }

    private static Optional<Instant> latest(List<Condition> conditions) {
        return conditions.stream()
                .flatMap(condition -> Times.parse(condition.getLastTransitionTime()).stream())
                .max(Comparator.naturalOrder());
    }

    private static NotReadyVms sum(NotReadyVms one, NotReadyVms other) {
        return new NotReadyVms(
                one.phase(),
                one.reason(),
                one.count() + other.count(),
                one.since().isBefore(other.since()) ? one.since() : other.since());
    }
}
