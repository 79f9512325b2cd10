package dev.holdfast.agent.grant;

import dev.holdfast.api.node.Grant;
import dev.holdfast.api.vm.MemlockHeadroom;
import dev.holdfast.host.process.ProcessStatus;
import dev.holdfast.host.process.Procfs;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.telemetry.VmMemory;
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
 * What the granted processes have locked: each sample to the metrics; to the report the first settled value, and then
 * one when the headroom becomes too little, and one when it has been enough for a while. QEMU maps its memory in several
 * steps, so a value counts as settled when two samples in a row agree; it maps nearly all of it at its start, so the first
 * minute is looked at closely.
 *
 * <p>A guest with an IOMMU of its own maps and unmaps as it likes. The warning follows the peak of the last
 * {@link #CALM}: a guest that goes back and forth causes one write, and at most two in that time whatever it does.
 *
 * <p>Not thread-safe.
 */
public final class LockedMemorySampler {
    private static final Logger log = LoggerFactory.getLogger(LockedMemorySampler.class);
    private static final Duration FIRST = Duration.ofMinutes(1);
    private static final Duration FAST = Duration.ofSeconds(1);

    /** For how long the headroom has been enough in every sample before a warning is taken back. */
    static final Duration CALM = Duration.ofMinutes(10);

    private final GrantRegistry book;
    private final Procfs procfs;
    private final AgentMeters meters;
    private final InstantSource clock;
    private final Duration interval;
    private Map<String, Sample> samples = Map.of();

    /**
     * @param lockedBytes VmLck
     * @param settled     whether the sample before it was the same
     * @param ampleSince  the first of the samples up to this one that all had ample headroom; null when this one has not
     */
    private record Sample(
            Instant time,
            long lockedBytes,
            long pinnedBytes,
            long peakBytes,
            boolean settled,
            @Nullable Instant ampleSince) {
        boolean calm() {
            return ampleSince != null && !time.isBefore(ampleSince.plus(CALM));
        }
    }

    /**
     * Nothing is read before {@link #sample}.
     *
     * @param interval between two samples of a VM after its first minute; above 0
     */
    public LockedMemorySampler(
            GrantRegistry book, Procfs procfs, AgentMeters meters, InstantSource clock, Duration interval) {
        this.book = book;
        this.procfs = procfs;
        this.meters = meters;
        this.clock = clock;
        this.interval = interval;
    }

    /**
     * Reads VmLck of those live grants whose time has come. To be called after {@link GrantRegistry#sweep}.
     *
     * @return how long until the next one's; empty when there is no grant at all
     */
    public Optional<Duration> sample() {
        Instant now = clock.instant();
        List<Grant> live = book.live();
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
        // What was reported is what remains of the time before this agent.
        long former = last != null ? last.peakBytes() : grant.lockedBytes() == null ? 0 : grant.lockedBytes();
        return new Sample(
                now,
                locked,
                status.pinnedBytes(),
                Math.max(former, locked),
                last != null && locked > 0 && last.lockedBytes() == locked,
                ampleSince(grant, last, locked, now));
    }

    private static @Nullable Instant ampleSince(Grant grant, @Nullable Sample last, long lockedBytes, Instant now) {
        if (!MemlockHeadroom.of(grant, lockedBytes).map(MemlockHeadroom::ample).orElse(true)) {
            return null;
        }
        Instant since = last == null ? null : last.ampleSince();
        // A clock that was set back begins anew.
        return since == null || since.isAfter(now) ? now : since;
    }

    private void report(Grant grant, Sample sample) {
        if (grant.lockedBytes() == null) {
            if (sample.settled()) {
                tell(grant, sample.lockedBytes(), false);
            }
            return;
        }
        boolean wasLow =
                MemlockHeadroom.reported(grant).map(MemlockHeadroom::low).orElse(false);
        MemlockHeadroom.of(grant, sample.lockedBytes())
                .filter(headroom -> wasLow ? sample.calm() : headroom.low())
                .ifPresent(crossed -> tell(grant, sample.lockedBytes(), wasLow));
    }

    private void tell(Grant grant, long lockedBytes, boolean wasLow) {
        book.locked(grant.podUID(), lockedBytes);
        boolean low =
                MemlockHeadroom.of(grant, lockedBytes).map(MemlockHeadroom::low).orElse(false);
        if (low) {
            MemlockHeadroom.of(grant, lockedBytes)
                    .ifPresent(headroom -> log.atWarn()
                            .addKeyValue(
                                    "vm",
                                    grant.vm().namespace() + "/" + grant.vm().name())
                            .addKeyValue("pid", grant.pid())
                            .log(headroom.warning()));
        } else if (wasLow) {
            log.atInfo()
                    .addKeyValue("vm", grant.vm().namespace() + "/" + grant.vm().name())
                    .addKeyValue("pid", grant.pid())
                    .addKeyValue("lockedBytes", lockedBytes)
                    .log("enough of the limit is left again");
        }
    }

    /** A clock that was set back must not keep us from looking. */
    private boolean due(Grant grant, Sample last, Instant now) {
        return now.isBefore(last.time()) || !now.isBefore(last.time().plus(pace(grant, now)));
    }

    private Duration left(Grant grant, Instant now) {
        Duration pace = pace(grant, now);
        Sample last = samples.get(grant.podUID());
        return last == null ? pace : Duration.between(now, last.time().plus(pace));
    }

    private Duration pace(Grant grant, Instant now) {
        return now.isBefore(granted(grant).plus(FIRST)) ? FAST.compareTo(interval) < 0 ? FAST : interval : interval;
    }

    private static Instant granted(Grant grant) {
        try {
            return Instant.parse(grant.time());
        } catch (DateTimeException e) {
            // Written by us, so somebody else has been at it; the slow pace will do.
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
                grant.appliedBytes());
    }
}
