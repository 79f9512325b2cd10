package dev.holdfast.plan.observed;

import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.FormerPod;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.StartTimes;
import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A VM's status as last written, or as it will be written next; all parts are empty for a VM without a status. */
public final class RecordedStatus {
    private final PassthroughVMStatus status;

    public RecordedStatus(@Nullable PassthroughVMStatus status) {
        this.status = Given.of(status).orElseGet(PassthroughVMStatus::none);
    }

    /** Returns the status itself. */
    public PassthroughVMStatus status() {
        return status;
    }

    /** Returns the phase; empty before the first plan, and for a status that could not be decoded. */
    public Optional<Phase> phase() {
        return Given.of(status.phase());
    }

    /** Lists the conditions. */
    public List<Condition> conditions() {
        return Given.list(status.conditions());
    }

    /** Returns the UID of the pod that the memlock plan is bound to. */
    public Optional<String> podUid() {
        return Given.of(status.podUID());
    }

    /** Returns whether both are bound to the same pod, or both to none. */
    public boolean hasPodOf(RecordedStatus other) {
        return podUid().equals(other.podUid());
    }

    /** Returns the node of the pod. */
    public Optional<String> node() {
        return Given.of(status.nodeName());
    }

    /** Returns the phase in which the machine ended; empty until its end was observed. */
    public Optional<Phase> end() {
        return Given.of(status.ended());
    }

    /** Returns when the next pod is due, RFC 3339; empty unless the VM is in back-off. */
    public Optional<String> nextStartTime() {
        return Given.of(status.nextStartTime());
    }

    /** Returns the number of times that a pod was replaced. */
    public int restarts() {
        return Given.of(status.restarts()).orElse(0);
    }

    /** Lists the former pods whose process may still run. */
    public List<FormerPod> formerPods() {
        return Given.list(status.formerPods());
    }

    /** Returns the hash of the cloud-init data that the pod was created with. */
    public Optional<String> cloudInitHash() {
        return Given.of(status.cloudInitHash());
    }

    /** Returns the granted devices; empty until the agent has granted the limit. */
    public Optional<List<GrantedDevice>> devices() {
        return Given.of(status.devices());
    }

    /** Returns the limit and its terms. */
    public Optional<Memlock> memlock() {
        return Given.of(status.memlock());
    }

    /** Returns the start-up timestamps of the pod; all are empty at first. */
    public StartTimes startTimes() {
        return Given.of(status.startTimes()).orElseGet(StartTimes::none);
    }
}
