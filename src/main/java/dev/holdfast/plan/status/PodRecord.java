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
 * The part of a VM's status that belongs to one pod: made once for the pod, completed by the grant, and never recomputed.
 *
 * @param ended         phase in which the machine ended; null until its end was observed
 * @param formerPods    former pods of the VM
 * @param restartedAt   time of the restart request that the pod serves, or that was made before the pod existed
 * @param cloudInitHash hash of the inline cloud-init data of the spec
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

    /** Makes the record of a new pod. */
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
        return update(memlock, newNode, devices, podIp, startTimes);
    }

    public PodRecord restarted(int newRestarts) {
        return with(newRestarts, ended, formerPods);
    }

    /** Returns the record with the observed end of the machine. */
    public PodRecord ended(Phase end) {
        return with(restarts, end, formerPods);
    }

    /** Returns the record with these former pods, except its own. */
    public PodRecord after(List<FormerPod> former) {
        return with(
                restarts,
                ended,
                former.stream()
                        .filter(formerPod -> !formerPod.podUID().equals(podUid))
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

    /** Returns the record with the address and the timestamps of the pod. */
    public PodRecord withPod(Pod update) {
        String ip = new ObservedPod(update).ip().orElse(podIp);
        return update(memlock, node, devices, ip, StartTimeline.of(update, startTimes));
    }

    /** Returns the record without an IP address. */
    public PodRecord withoutAddress() {
        return update(memlock, node, devices, null, startTimes);
    }

    public PodRecord running(Instant now) {
        return Given.of(startTimes)
                .map(known -> update(memlock, node, devices, podIp, StartTimeline.running(known, now)))
                .orElse(this);
    }

    public PodRecord with(Grant grant) {
        return update(
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

    /** Returns the record with new values of the fields that change while the pod runs. */
    private PodRecord update(
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
