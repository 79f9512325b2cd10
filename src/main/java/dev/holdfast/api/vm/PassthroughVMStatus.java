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
 * What has become of the VM. The rules hold the plan to its pod: an operator of another version, or one that looks at an
 * old copy, cannot put another limit in its place.
 */
@ValidationRule(
        value = "!has(self.podUID) || !has(oldSelf.podUID) || self.podUID != oldSelf.podUID"
                + " || !has(oldSelf.podName) || has(self.podName) && self.podName == oldSelf.podName",
        message = "podName cannot change while podUID is the same; delete the pod, and a new one is bound")
@ValidationRule(
        value = "!has(self.podUID) || !has(oldSelf.podUID) || self.podUID != oldSelf.podUID || !has(oldSelf.memlock)"
                + " || has(self.memlock) && self.memlock.policy == oldSelf.memlock.policy"
                + " && self.memlock.requiredBytes == oldSelf.memlock.requiredBytes"
                + " && self.memlock.marginBytes == oldSelf.memlock.marginBytes"
                + " && self.memlock.unlimited == oldSelf.memlock.unlimited"
                + " && self.memlock.?limitBytes == oldSelf.memlock.?limitBytes"
                + " && self.memlock.?maxBytes == oldSelf.memlock.?maxBytes",
        message = "the memlock plan is bound to the pod of podUID and cannot change while that is the same;"
                + " delete the pod, and a new plan is made with the next")
@JsonClassDescription("What has become of the VM.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughVMStatus(
        @JsonPropertyDescription(
                "For programs: Stopped, Pending, Starting, Running, Stopping, Succeeded, Failed or Unknown.")
        @Nullable
        Phase phase,

        @JsonPropertyDescription("For humans: the phase, or the reason why it does not go on.") @Nullable
        String printableStatus,

        @JsonPropertyDescription(
                "The generation of the spec that this status speaks of; -1 until the operator has seen the VM.")
        @Nullable
        Long observedGeneration,

        @JsonPropertyDescription(
                "Ready, or Stopped while the machine is off as the spec wants it; PodCreated, DevicesAllocated and "
                        + "MemlockApplied; Reconciling or Stalled while it is not as the spec wants it; besides, where there "
                        + "is something to say, MemlockHeadroom, RestartRequired, RestartPossible and StartPossible.")
        @Nullable
        List<Condition> conditions,

        @JsonPropertyDescription("Where it runs.") @Nullable String nodeName,

        @JsonPropertyDescription("The pod that it runs in.") @Nullable @Size(max = 253)
        String podName,

        @JsonPropertyDescription("The pod that the memlock plan is bound to: the only one that may have it.")
        @Nullable
        @Size(max = 64)
        String podUID,

        @JsonPropertyDescription(
                "How often a pod was replaced since the machine was started or last ran for ten minutes.")
        @Nullable
        Integer restarts,

        @JsonPropertyDescription("While backing off: when the next pod is made, RFC 3339.") @Nullable
        String nextStartTime,

        @JsonPropertyDescription(
                "How the machine in podUID ended: Succeeded or Failed; absent until its end was seen. It stays while the next start is held up.")
        @Nullable
        Phase ended,

        @JsonPropertyDescription(
                "Pods that the VM, or a former VM of its name, had on a node and whose process may still live there: no pod is made before it has ended.")
        @Nullable
        @Size(max = MAX_FORMER_PODS)
        List<FormerPod> formerPods,

        @JsonPropertyDescription(
                "The annotation holdfast.dev/restartedAt as it was when the pod was bound: what it asked for is done.")
        @Nullable
        String restartedAt,

        @JsonPropertyDescription(
                "SHA-256 of the cloud-init data that stands in the spec, as it was when the pod was made.")
        @Nullable
        @Size(max = 64)
        String cloudInitHash,

        @JsonPropertyDescription("What the named devices of the spec became on the node.") @Nullable
        List<GrantedDevice> devices,

        @JsonPropertyDescription(
                "The limit and where it comes from; never recomputed while the pod it is bound to exists.")
        @Nullable
        Memlock memlock,

        @JsonPropertyDescription("The address of the pod that it runs in.") @Nullable
        String podIP,

        @JsonPropertyDescription("When the pod came how far.") @Nullable
        StartTimes startTimes,

        @JsonPropertyDescription("For humans: what kubectl get shows besides.") @Nullable
        Columns columns) {

    /** How many former pods are remembered: each keeps the next from being made, so there is hardly ever a second. */
    public static final int MAX_FORMER_PODS = 4;

    /** The same but for its conditions. */
    public PassthroughVMStatus withConditions(List<Condition> others) {
        return of(printableStatus, observedGeneration, others);
    }

    /** The same with another text for humans. */
    public PassthroughVMStatus printing(String text) {
        return of(text, observedGeneration, conditions);
    }

    /** The same, said of a later generation of the spec. */
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

    /** Of a VM that the operator has not looked at. */
    public static PassthroughVMStatus none() {
        return new PassthroughVMStatus(
                null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                null);
    }

    /** A pod that is gone from the API server, and where its process may be left. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record FormerPod(
            @JsonPropertyDescription("Which pod.") @Required @Size(max = 64)
            String podUID,

            @JsonPropertyDescription(
                    "Its node, as its spec.nodeName was read: only that node's report counts. Absent when the pod was gone before its node was seen.")
            @Nullable
            @Size(max = 253)
            String nodeName,

            @JsonPropertyDescription("When the pod was made, RFC 3339: a node's report that is younger proves nothing.")
            @Nullable
            @Size(max = 64)
            String created) {}

    /** What {@code kubectl get} cannot count or word itself. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Columns(
            @JsonPropertyDescription("How many GPUs and host devices the spec has.")
            int devices,

            @JsonPropertyDescription("The limit that is applied, or planned before that, such as 64.3Gi; or unlimited.")
            @Nullable
            String limit,

            @JsonPropertyDescription("memlock.lockedBytes, such as 64.0Gi; absent once the machine has ended.")
            @Nullable
            String locked) {}

    public enum Phase {
        /** No pod, and none wanted. */
        Stopped,
        /** A pod is wanted or waits for a node. */
        Pending,
        /** The pod is on a node; QEMU has not started. */
        Starting,
        /** QEMU runs with its limit. */
        Running,
        /** The pod is on its way out. */
        Stopping,
        /** The guest powered itself off. */
        Succeeded,
        /** The pod failed; see the conditions. */
        Failed,
        /** The node does not answer. */
        Unknown
    }

    /**
     * The limit and where it comes from. Never recomputed while the pod it is bound to exists.
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Memlock(
            @JsonPropertyDescription("How the limit was found.") @Required @Size(max = 63)
            String policy,

            @JsonPropertyDescription("What the kernel will charge at the most: all terms, once per address space.")
            @Required
            long requiredBytes,

            @JsonPropertyDescription("limitBytes less requiredBytes; 0 when unlimited.") @Required
            long marginBytes,

            @JsonPropertyDescription("What the agent applies; absent when unlimited.") @Nullable
            Long limitBytes,

            @JsonPropertyDescription("The most that a measurement may raise the limit to; absent when unlimited.")
            @Nullable
            Long maxBytes,

            @JsonPropertyDescription("No bound at all.") @Required
            boolean unlimited,

            @JsonPropertyDescription("How often all of system memory is mapped.")
            int addressSpaces,

            @JsonPropertyDescription("The summands of requiredBytes, of one address space.") @Nullable
            List<Term> terms,

            @JsonPropertyDescription("What the launcher measured; absent when it did not.") @Nullable
            Long measuredBytes,

            @JsonPropertyDescription(
                    "What the node's kernel answered after the limit was set; absent when that is: unlimited.")
            @Nullable
            Long appliedBytes,

            @JsonPropertyDescription("What the kernel had charged when the agent first saw it.") @Nullable
            Long lockedBytes) {}

    /** One summand of {@code requiredBytes}. */
    public record Term(
            @JsonPropertyDescription("Stable, for programs.") @Required
            String name,

            @JsonPropertyDescription("At least 0.") long bytes,

            @JsonPropertyDescription("Cause these bytes are charged.") @Required
            String reason) {}
}
