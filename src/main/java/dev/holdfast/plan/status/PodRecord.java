package dev.holdfast.plan.status;

import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.FormerPod;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.StartTimes;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.observed.ObservedPod;
import dev.holdfast.plan.observed.RecordedStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of a VM's status belongs to one pod: made once for it, completed by the grant, and never computed again.
 *
 * @param ended how the machine ended; null until that was seen
 * @param formerPods that were there before it
 * @param restartedAt the restart that the pod answers, or that was asked for before there was one
 * @param cloudInitHash of the data that stood in the spec
 */
public record PodRecord(
        @Nullable String pod,
        @Nullable String podUid,
        int restarts,
        @Nullable Phase ended,
        List<FormerPod> formerPods,
        @Nullable String restartedAt,
        @Nullable String cloudInitHash,
        @Nullable Memlock memlock,
        @Nullable String node,
        @Nullable List<GrantedDevice> devices,
        @Nullable String podIp,
        @Nullable StartTimes startTimes) {

    public static PodRecord none() {
        return new PodRecord(null, null, 0, null, List.of(), null, null, null, null, null, null, null);
    }

    public static PodRecord of(PassthroughVMStatus status) {
        RecordedStatus recorded = new RecordedStatus(status);
        return new PodRecord(
                status.podName(),
                status.podUID(),
                recorded.restarts(),
                status.ended(),
                recorded.formerPods(),
                status.restartedAt(),
                status.cloudInitHash(),
                status.memlock(),
                status.nodeName(),
                status.devices(),
                status.podIP(),
                status.startTimes());
    }

    /** Of a pod that has none yet. */
    public static PodRecord of(
            Pod pod, int restarts, @Nullable String restartedAt, @Nullable String cloudInitHash, MemlockPlan plan) {
        Memlock memlock = new Memlock(
                plan.policy(),
                plan.requiredBytes(),
                plan.marginBytes(),
                plan.limitBytes(),
                plan.maxBytes(),
                plan.unlimited(),
                plan.addressSpaces(),
                plan.terms().stream()
                        .map(term -> new PassthroughVMStatus.Term(term.name(), term.bytes(), term.reason()))
                        .toList(),
                null,
                null,
                null);
        return new PodRecord(
                pod.getMetadata().getName(),
                pod.getMetadata().getUid(),
                restarts,
                null,
                List.of(),
                restartedAt,
                cloudInitHash,
                memlock,
                null,
                null,
                null,
                null);
    }

    public boolean is(Pod pod) {
        return pod.getMetadata().getUid().equals(podUid);
    }

    public PodRecord on(String newNode) {
        return live(memlock, newNode, devices, podIp, startTimes);
    }

    public PodRecord restarted(int newRestarts) {
        return with(newRestarts, ended, formerPods);
    }

    /** Of a machine whose end was seen. */
    public PodRecord ended(Phase end) {
        return with(restarts, end, formerPods);
    }

    /** With the former pods that are to be remembered, but for its own. */
    public PodRecord after(List<FormerPod> former) {
        return with(
                restarts,
                ended,
                former.stream()
                        .filter(gone -> !gone.podUID().equals(podUid))
                        .limit(PassthroughVMStatus.MAX_FORMER_PODS)
                        .toList());
    }

    private PodRecord with(int newRestarts, @Nullable Phase end, List<FormerPod> former) {
        return new PodRecord(
                pod,
                podUid,
                newRestarts,
                end,
                former,
                restartedAt,
                cloudInitHash,
                memlock,
                node,
                devices,
                podIp,
                startTimes);
    }

    /** With what the living pod tells of itself. */
    public PodRecord seen(Pod live) {
        String ip = new ObservedPod(live).ip().orElse(podIp);
        return live(memlock, node, devices, ip, StartTimeline.of(live, startTimes));
    }

    /** Nobody answers at its address any more. */
    public PodRecord silent() {
        return live(memlock, node, devices, null, startTimes);
    }

    public PodRecord running(Instant now) {
        return Given.of(startTimes)
                .map(known -> live(memlock, node, devices, podIp, StartTimeline.running(known, now)))
                .orElse(this);
    }

    public PodRecord with(Grant grant) {
        return live(
                Given.of(memlock).map(planned -> granted(planned, grant)).orElse(null),
                node,
                grant.devices(),
                podIp,
                Given.of(startTimes)
                        .map(known -> StartTimeline.granted(known, grant))
                        .orElse(null));
    }

    private static Memlock granted(Memlock planned, Grant grant) {
        return new Memlock(
                planned.policy(),
                planned.requiredBytes(),
                planned.marginBytes(),
                planned.limitBytes(),
                planned.maxBytes(),
                planned.unlimited(),
                planned.addressSpaces(),
                planned.terms(),
                grant.measuredBytes(),
                grant.unlimited() ? null : Long.valueOf(grant.appliedBytes()),
                grant.lockedBytes());
    }

    /** The same pod, with what becomes of it while it lives. */
    private PodRecord live(
            @Nullable Memlock newMemlock,
            @Nullable String newNode,
            @Nullable List<GrantedDevice> newDevices,
            @Nullable String newIp,
            @Nullable StartTimes newTimes) {
        return new PodRecord(
                pod,
                podUid,
                restarts,
                ended,
                formerPods,
                restartedAt,
                cloudInitHash,
                newMemlock,
                newNode,
                newDevices,
                newIp,
                newTimes);
    }
}
