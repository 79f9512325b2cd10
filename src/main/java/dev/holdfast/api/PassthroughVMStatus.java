package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What has become of the VM.
 *
 * @param phase           for programs
 * @param printableStatus for humans: the phase, or the reason why it does not go on
 * @param podUID          the pod that the memlock plan is bound to: the only one that may have it
 * @param restarts        how often a pod was replaced since the machine was started or last ran for ten minutes
 * @param nextStartTime   while backing off: when the next pod is made, RFC 3339
 * @param devices         what the named devices of the spec became on the node
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughVMStatus(
        @Nullable Phase phase,
        @Nullable String printableStatus,
        @Nullable Long observedGeneration,
        @Nullable List<Condition> conditions,
        @Nullable String nodeName,
        @Nullable String podName,
        @Nullable String podUID,
        @Nullable Integer restarts,
        @Nullable String nextStartTime,
        @Nullable List<PassthroughNodeStatus.GrantedDevice> devices,
        @Nullable Memlock memlock) {

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
     *
     * @param requiredBytes what the kernel will charge at the most
     * @param limitBytes    what the agent applies; null when unlimited
     * @param maxBytes      the most that a measurement may raise the limit to; null when unlimited
     * @param appliedBytes  what the node's kernel answered after it was set; null before
     * @param lockedBytes   what the kernel had charged when the agent first looked; null before
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Memlock(
            @Required String policy,
            long requiredBytes,
            long marginBytes,
            @Nullable Long limitBytes,
            @Nullable Long maxBytes,
            boolean unlimited,
            int addressSpaces,
            @Nullable List<Term> terms,
            @Nullable Long measuredBytes,
            @Nullable Long appliedBytes,
            @Nullable Long lockedBytes) {}

    /** One summand of {@code requiredBytes}. */
    public record Term(
            @Required String name, long bytes, @Required String reason) {}
}
