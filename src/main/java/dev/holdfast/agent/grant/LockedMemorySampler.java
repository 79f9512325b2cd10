package dev.holdfast.agent.grant;

import dev.holdfast.api.node.Grant;
import dev.holdfast.api.vm.MemlockHeadroom;
import dev.holdfast.host.process.ProcessStatus;
import dev.holdfast.host.process.Procfs;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.telemetry.VmMemory;
import dev.holdfast.text.LogKeys;
import dev.holdfast.text.NamespacedName;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Samples the locked memory of granted processes. Each sample goes to the metrics. The node report gets the first
 * settled value, another when the headroom becomes too small, and another when it has been sufficient for a while.
 *
 * <p>QEMU maps nearly all of its memory at its start, so samples are more frequent in the first minute. It does so in
 * several steps, with pauses of seconds on a slow node, so two consecutive samples that agree are settled only when they
 * are nearly all that the plan requires; less is settled after an interval without a change.
 *
 * <p>A guest with a vIOMMU maps and unmaps at will. The warning follows the peak of the last {@link #CALM}: a guest
 * that alternates causes one write, and at most two writes in that time.
 *
 * <p>Not thread-safe.
 */
public final class LockedMemorySampler {
    private static final Logger log = LoggerFactory.getLogger(LockedMemorySampler.class);
    private static final Duration FIRST = Duration.ofMinutes(1);
    private static final Duration FAST = Duration.ofSeconds(1);

    /** Time for which the headroom must be sufficient in every sample before a warning is withdrawn. */
    static final Duration CALM = Duration.ofMinutes(10);

    private final GrantRegistry registry;
    private final Procfs procfs;
    private final AgentMeters meters;
    private final InstantSource clock;
    private final Duration interval;
    private Map<String, Sample> samples = Map.of();

    /**
     * Sample of one process.
     *
     * @param lockedBytes VmLck
     * @param steadySince time of the first of the consecutive samples with the same value
     * @param ampleSince  time of the first of the consecutive samples with sufficient headroom; null when this one has
     *                    less
     */
    private record Sample(
            Instant time,
            long lockedBytes,
            long pinnedBytes,
            long peakBytes,
            Instant steadySince,
            @Nullable Instant ampleSince) {
        boolean settled(@Nullable Long requiredBytes, Duration interval) {
            boolean complete = requiredBytes != null && lockedBytes >= requiredBytes - requiredBytes / 8;
            Duration steady = Duration.between(steadySince, time);
            return lockedBytes > 0 && (complete ? steady.isPositive() : steady.compareTo(interval) >= 0);
        }

        boolean calm() {
            return ampleSince != null && !time.isBefore(ampleSince.plus(CALM));
        }
    }

    /**
     * Creates the sampler; nothing is read before {@link #sample}.
     *
     * @param interval time between two samples of a VM after its first minute; above 0
     */
    public LockedMemorySampler(
            GrantRegistry registry, Procfs procfs, AgentMeters meters, InstantSource clock, Duration interval) {
        this.registry = registry;
        this.procfs = procfs;
        this.meters = meters;
        this.clock = clock;
        this.interval = interval;
    }

    /**
     * Reads VmLck of the live grants that are due. Must be called after {@link GrantRegistry#sweep}.
     *
     * @return time until the next sample; empty without a grant
     */
    public Optional<Duration> sample() {
        Instant now = clock.instant();
        List<Grant> live = registry.live();
        Map<String, Sample> seen = new HashMap<>();
        List<VmMemory> accounts = new ArrayList<>();
        for (Grant grant : live) {
            Optional<Sample> sample = Optional.ofNullable(samples.get(grant.podUID()))
                    .filter(last -> !due(grant, last, now))
                    .or(() -> read(grant, now));
            sample.ifPresent(taken -> {
                seen.put(grant.podUID(), taken);
                accounts.add(account(grant, taken));
            });
        }
        samples = seen;
        meters.vms(accounts);
        return live.stream().map(grant -> left(grant, now)).min(Duration::compareTo);
    }

    private Optional<Sample> read(Grant grant, Instant now) {
        return procfs.status(Math.toIntExact(grant.pid())).map(status -> {
            Sample sample = next(grant, status, now);
            report(grant, sample);
            return sample;
        });
    }

    private Sample next(Grant grant, ProcessStatus status, Instant now) {
        Sample last = samples.get(grant.podUID());
        long locked = status.lockedBytes();
        // The reported value is all that is known of the time before this agent.
        long former = last != null ? last.peakBytes() : grant.lockedBytes() == null ? 0 : grant.lockedBytes();
        return new Sample(
                now,
                locked,
                status.pinnedBytes(),
                Math.max(former, locked),
                steadySince(last, locked, now),
                ampleSince(grant, last, locked, now));
    }

    private static Instant steadySince(@Nullable Sample last, long lockedBytes, Instant now) {
        return continued(last == null || last.lockedBytes() != lockedBytes ? null : last.steadySince(), now);
    }

    private static @Nullable Instant ampleSince(Grant grant, @Nullable Sample last, long lockedBytes, Instant now) {
        if (!MemlockHeadroom.of(grant, lockedBytes).map(MemlockHeadroom::ample).orElse(true)) {
            return null;
        }
        return continued(last == null ? null : last.ampleSince(), now);
    }

    /** Returns the start of a time that lasts until now; now when it has just started, or the clock was set back. */
    private static Instant continued(@Nullable Instant since, Instant now) {
        return since == null || since.isAfter(now) ? now : since;
    }

    private void report(Grant grant, Sample sample) {
        if (grant.lockedBytes() == null) {
            if (sample.settled(grant.requiredBytes(), interval)) {
                write(grant, sample.lockedBytes(), false);
            }
            return;
        }
        boolean wasLow =
                MemlockHeadroom.reported(grant).map(MemlockHeadroom::low).orElse(false);
        MemlockHeadroom.of(grant, sample.lockedBytes())
                .filter(headroom -> wasLow ? sample.calm() : headroom.low())
                .ifPresent(headroom -> write(grant, sample.lockedBytes(), wasLow));
    }

    private void write(Grant grant, long lockedBytes, boolean wasLow) {
        registry.locked(grant.podUID(), lockedBytes);
        boolean low =
                MemlockHeadroom.of(grant, lockedBytes).map(MemlockHeadroom::low).orElse(false);
        if (low) {
            MemlockHeadroom.of(grant, lockedBytes)
                    .ifPresent(headroom -> log.atWarn()
                            .addKeyValue(
                                    LogKeys.VM,
                                    NamespacedName.of(
                                            grant.vm().namespace(), grant.vm().name()))
                            .addKeyValue(LogKeys.PID, grant.pid())
                            .log(headroom.warning()));
        } else if (wasLow) {
            log.atInfo()
                    .addKeyValue(
                            LogKeys.VM,
                            NamespacedName.of(grant.vm().namespace(), grant.vm().name()))
                    .addKeyValue(LogKeys.PID, grant.pid())
                    .addKeyValue("lockedBytes", lockedBytes)
                    .log("the headroom is sufficient again");
        }
    }

    /** Returns whether a sample is due; always when the clock was set back. */
    private boolean due(Grant grant, Sample last, Instant now) {
        return now.isBefore(last.time()) || !now.isBefore(next(last.time(), pace(grant, now)));
    }

    private Duration left(Grant grant, Instant now) {
        Sample last = samples.get(grant.podUID());
        return Duration.between(now, next(last == null ? now : last.time(), pace(grant, now)));
    }

    /**
     * Returns the next time of a sample. All VMs have the same times, multiples of the interval, whenever they started: the
     * thread wakes once for all of them.
     */
    private static Instant next(Instant last, Duration pace) {
        long step = pace.toMillis();
        return Instant.ofEpochMilli((Math.floorDiv(last.toEpochMilli(), step) + 1) * step);
    }

    private Duration pace(Grant grant, Instant now) {
        return now.isBefore(granted(grant).plus(FIRST)) ? FAST.compareTo(interval) < 0 ? FAST : interval : interval;
    }

    private static Instant granted(Grant grant) {
        try {
            return Instant.parse(grant.time());
        } catch (DateTimeException e) {
            // The agent writes valid times, so another program has changed it; the slow pace is sufficient.
            return Instant.EPOCH;
        }
    }

    private static VmMemory account(Grant grant, Sample sample) {
        return new VmMemory(
                grant.vm().namespace(),
                grant.vm().name(),
                sample.lockedBytes(),
                sample.peakBytes(),
                sample.pinnedBytes(),
                grant.requiredBytes(),
                grant.appliedBytes(),
                MemlockHeadroom.of(grant, sample.lockedBytes())
                        .map(MemlockHeadroom::thresholdBytes)
                        .orElse(null));
    }
}
