package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.node.GrantedDevice;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Observed state of a VM. The rules bind the memlock plan to its pod: an operator of another version, or one that reads
 * an outdated copy, cannot replace the limit.
 */
@ValidationRule(
        value = "!has(self.podUID) || !has(oldSelf.podUID) || self.podUID != oldSelf.podUID"
                + " || !has(oldSelf.podName) || has(self.podName) && self.podName == oldSelf.podName",
        message = "podName must not change while podUID stays the same; delete the pod to get a new one")
@ValidationRule(
        value = "!has(self.podUID) || !has(oldSelf.podUID) || self.podUID != oldSelf.podUID || !has(oldSelf.memlock)"
                + " || has(self.memlock) && self.memlock.policy == oldSelf.memlock.policy"
                + " && self.memlock.requiredBytes == oldSelf.memlock.requiredBytes"
                + " && self.memlock.marginBytes == oldSelf.memlock.marginBytes"
                + " && self.memlock.unlimited == oldSelf.memlock.unlimited"
                + " && self.memlock.?limitBytes == oldSelf.memlock.?limitBytes"
                + " && self.memlock.?maxBytes == oldSelf.memlock.?maxBytes",
        message = "the memlock plan is bound to the pod of podUID and must not change while podUID stays the same;"
                + " delete the pod to get a new plan")
@JsonClassDescription("The observed state of the VM, written by the operator.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughVMStatus(
        @JsonPropertyDescription(
                "Phase, for programs: Stopped, Pending, Starting, Running, Stopping, Succeeded, Failed or Unknown.")
        @Nullable
        Phase phase,

        @JsonPropertyDescription("Phase for people, or the reason why the VM makes no progress.") @Nullable
        String printableStatus,

        @JsonPropertyDescription(
                "Generation of the spec that this status is based on; -1 until the operator has seen the VM.")
        @Nullable
        Long observedGeneration,

        @JsonPropertyDescription(
                "Conditions of the VM: Ready, or Stopped while the VM is off as the spec requires; PodCreated,"
                        + " DevicesAllocated and MemlockApplied; Reconciling or Stalled while the VM differs from"
                        + " the spec; MemlockHeadroom, RestartRequired, RestartPossible and StartPossible only when"
                        + " they apply.")
        @Nullable
        List<Condition> conditions,

        @JsonPropertyDescription("Node that the VM runs on.") @Nullable
        String nodeName,

        @JsonPropertyDescription("Pod that the VM runs in.") @Nullable @Size(max = 253)
        String podName,

        @JsonPropertyDescription(
                "UID of the pod that the memlock plan is bound to. Only this pod can get the plan's limit.")
        @Nullable
        @Size(max = 64)
        String podUID,

        @JsonPropertyDescription(
                "Number of times that the pod was replaced since the VM was started, or last ran for ten minutes.")
        @Nullable
        Integer restarts,

        @JsonPropertyDescription("During back-off, the time at which the next pod is created, RFC 3339.") @Nullable
        String nextStartTime,

        @JsonPropertyDescription(
                "Result of the VM in the pod podUID: Succeeded or Failed. It is absent until the end was observed,"
                        + " and stays while the next start is delayed.")
        @Nullable
        Phase ended,

        @JsonPropertyDescription(
                "Pods of the VM, or of a former VM with the same name, whose process may still run on a node. No pod"
                        + " is created until these processes have ended.")
        @Nullable
        @Size(max = MAX_FORMER_PODS)
        List<FormerPod> formerPods,

        @JsonPropertyDescription(
                "Value of the annotation holdfast.dev/restartedAt when the pod was bound: the restart that it"
                        + " requested is done.")
        @Nullable
        String restartedAt,

        @JsonPropertyDescription("SHA-256 of the spec's cloud-init data when the pod was created.")
        @Nullable
        @Size(max = 64)
        String cloudInitHash,

        @JsonPropertyDescription("PCI functions on the node that were assigned to the devices of the spec.") @Nullable
        List<GrantedDevice> devices,

        @JsonPropertyDescription(
                "The memlock plan: the limit and its terms. It does not change while the pod that it is bound to"
                        + " exists.")
        @Nullable
        Memlock memlock,

        @JsonPropertyDescription("IP address of the pod that the VM runs in.") @Nullable
        String podIP,

        @JsonPropertyDescription("Start-up timestamps of the pod.") @Nullable
        StartTimes startTimes,

        @JsonPropertyDescription("Values for the columns of kubectl get.") @Nullable
        Columns columns) {

    /**
     * Maximum number of former pods. There is rarely more than one, because each prevents the next pod from being
     * created.
     */
    public static final int MAX_FORMER_PODS = 4;

    /** Returns a copy with other conditions. */
    public PassthroughVMStatus withConditions(List<Condition> others) {
        return of(printableStatus, observedGeneration, others);
    }

    /** Returns a copy with another printable status. */
    public PassthroughVMStatus printing(String text) {
        return of(text, observedGeneration, conditions);
    }

    /** Returns a copy for a later generation of the spec, conditions included. */
    public PassthroughVMStatus withObservedGeneration(@Nullable Long generation) {
        return of(
                printableStatus,
                generation,
                conditions == null
                        ? null
                        : conditions.stream()
                                .map(condition -> new ConditionBuilder(condition)
                                        .withObservedGeneration(generation)
                                        .build())
                                .toList());
    }

    private PassthroughVMStatus of(
            @Nullable String printed, @Nullable Long generation, @Nullable List<Condition> others) {
        return new PassthroughVMStatus(
                phase,
                printed,
                generation,
                others,
                nodeName,
                podName,
                podUID,
                restarts,
                nextStartTime,
                ended,
                formerPods,
                restartedAt,
                cloudInitHash,
                devices,
                memlock,
                podIP,
                startTimes,
                columns);
    }

    /** Returns the status of a VM that the operator has not seen yet. */
    public static PassthroughVMStatus none() {
        return new PassthroughVMStatus(
                null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                null);
    }

    /** Pod that is no longer in the API server, and the node on which its process may still run. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record FormerPod(
            @JsonPropertyDescription("UID of the pod.") @Required @Size(max = 64)
            String podUID,

            @JsonPropertyDescription(
                    "Node of the pod, from its spec.nodeName: only that node's report counts. Absent if the pod was"
                            + " deleted before its node was known.")
            @Nullable
            @Size(max = 253)
            String nodeName,

            @JsonPropertyDescription("Time at which the pod was created, RFC 3339. A node report that was created"
                    + " later is ignored.")
            @Nullable
            @Size(max = 64)
            String created) {}

    /** Values that {@code kubectl get} cannot compute from other fields. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Columns(
            @JsonPropertyDescription("Number of GPUs and host devices in the spec.")
            int devices,

            @JsonPropertyDescription(
                    "The limit that is applied, or planned before it is applied, such as 64.3Gi, or unlimited.")
            @Nullable
            String limit,

            @JsonPropertyDescription("Value of memlock.lockedBytes, such as 64.0Gi. Absent after the VM has ended.")
            @Nullable
            String locked) {}

    public enum Phase {
        /** There is no pod, and the spec requires none. */
        Stopped,
        /** The spec requires a pod, or the pod waits for a node. */
        Pending,
        /** The pod is assigned to a node; QEMU has not started. */
        Starting,
        /** QEMU runs, and its limit is applied. */
        Running,
        /** The pod is being terminated. */
        Stopping,
        /** The guest powered itself off. */
        Succeeded,
        /** The pod failed; see the conditions. */
        Failed,
        /** The node is not responding. */
        Unknown
    }

    /**
     * Memlock plan: the limit and its terms. It does not change while the pod that it is bound to exists.
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Memlock(
            @JsonPropertyDescription("Policy that determined the limit.") @Required @Size(max = 63)
            String policy,

            @JsonPropertyDescription(
                    "The most that the kernel will charge: the sum of all terms, once for each address space.")
            @Required
            long requiredBytes,

            @JsonPropertyDescription("The margin: limitBytes less requiredBytes; 0 if unlimited.") @Required
            long marginBytes,

            @JsonPropertyDescription("The limit that the agent applies. Absent if unlimited.") @Nullable
            Long limitBytes,

            @JsonPropertyDescription("Maximum to which a measurement can raise the limit. Absent if unlimited.")
            @Nullable
            Long maxBytes,

            @JsonPropertyDescription("There is no limit.") @Required
            boolean unlimited,

            @JsonPropertyDescription("Number of address spaces: each maps all of the guest's system memory.")
            int addressSpaces,

            @JsonPropertyDescription("The terms of requiredBytes, for one address space.") @Nullable
            List<Term> terms,

            @JsonPropertyDescription("Bytes that the launcher measured. Absent if it did not measure.") @Nullable
            Long measuredBytes,

            @JsonPropertyDescription(
                    "Limit that the node's kernel reported after the limit was set. Absent if unlimited.")
            @Nullable
            Long appliedBytes,

            @JsonPropertyDescription("Bytes that the kernel had charged when the agent first measured them.") @Nullable
            Long lockedBytes) {}

    /** One term of {@code requiredBytes}. */
    public record Term(
            @JsonPropertyDescription("Name of the term, for programs. It does not change between versions.") @Required
            String name,

            @JsonPropertyDescription("Bytes of the term, at least 0.")
            long bytes,

            @JsonPropertyDescription("Explanation why these bytes are charged, for people.") @Required
            String reason) {}
}
