package dev.holdfast.agent.grant;

import dev.holdfast.api.PassthroughNodeStatus.Grant;
import dev.holdfast.host.ProcessStatus;
import dev.holdfast.host.Procfs;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.telemetry.AgentMeters.VmMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the granted processes have locked: each sample to the metrics, the first settled value to the report. QEMU maps
 * its memory in several steps, so a value counts as settled when two samples in a row agree.
 *
 * <p>For one thread.
 */
public final class LockedMemory {
    private final GrantBook book;
    private final Procfs procfs;
    private final AgentMeters meters;
    private Map<String, Long> former = Map.of();

    public LockedMemory(GrantBook book, Procfs procfs, AgentMeters meters) {
        this.book = book;
        this.procfs = procfs;
        this.meters = meters;
    }

    /** Reads every live grant's VmLck. To be called every second or so, after {@link GrantBook#sweep}. */
    public void sample() {
        List<VmMemory> vms = new ArrayList<>();
        Map<String, Long> seen = new HashMap<>();
        for (Grant grant : book.live()) {
            procfs.status(Math.toIntExact(grant.pid())).ifPresent(status -> {
                vms.add(account(grant, status));
                seen.put(grant.podUID(), status.lockedBytes());
                report(grant, status.lockedBytes());
            });
        }
        meters.vms(vms);
        former = seen;
    }

    private void report(Grant grant, long lockedBytes) {
        if (grant.lockedBytes() == null && lockedBytes > 0 && lockedBytes == former.getOrDefault(grant.podUID(), 0L)) {
            book.locked(grant.podUID(), lockedBytes);
        }
    }

    private static VmMemory account(Grant grant, ProcessStatus status) {
        return new VmMemory(
                grant.vm().namespace(),
                grant.vm().name(),
                status.lockedBytes(),
                status.pinnedBytes(),
                grant.appliedBytes());
    }
}
