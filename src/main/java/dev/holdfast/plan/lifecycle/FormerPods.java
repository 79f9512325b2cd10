package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.FormerPod;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.machine.SpecBasics;
import dev.holdfast.plan.observed.InspectedNode;
import dev.holdfast.plan.observed.ObservedPod;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.observed.ReportedGrants;
import dev.holdfast.plan.observed.Times;
import dev.holdfast.plan.status.VmConditions;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Pods of a VM, or of a former VM of its name, whose process may still live on their node: while one does, no new pod is
 * made. Only the node that the operator read in the pod's spec.nodeName is asked.
 */
final class FormerPods {
    /** For a kubelet that has much to do. */
    private static final Duration MARGIN = Duration.ofMinutes(1);

    private final ObservedState observed;
    private final RecordedStatus before;
    private final List<FormerPod> all;
    private final Instant now;

    FormerPods(ObservedState observed, Instant now) {
        this.observed = observed;
        this.now = now;
        this.before = new RecordedStatus(observed.vm().getStatus());
        this.all = all(observed, before);
    }

    /** All that are known of, whatever became of them. */
    List<FormerPod> all() {
        return all;
    }

    /** The nodes that have to be inspected before anything is known. */
    Set<String> toInspect() {
        return all.stream()
                .filter(pod -> !isPresent(pod) && mayLive(pod))
                .flatMap(pod -> node(pod).stream())
                .filter(node -> !observed.inspected().containsKey(node))
                .collect(Collectors.toSet());
    }

    /** Those that may live, as far as is known. */
    List<FormerPod> left() {
        return all.stream().filter(pod -> isPresent(pod) || mayLive(pod)).toList();
    }

    /** Why no new pod can be made; empty when none is left. */
    Optional<Cause> obstacle() {
        return left().stream().findFirst().map(this::cause);
    }

    private Cause cause(FormerPod pod) {
        Optional<ReportedGrants.OnNode> alive = reported(pod);
        return alive.map(left -> new Cause(
                        Reason.FormerProcessAlive,
                        "process %d of the former pod %s still lives on node %s and may hold the devices; the VM starts when it has ended, or when the Node is deleted or tainted %s"
                                .formatted(
                                        left.grant().pid(), pod.podUID(), left.node(), InspectedNode.OUT_OF_SERVICE)))
                .or(() -> hiddenReport(pod)
                        .map(report -> new Cause(
                                Reason.NodeReportUndecodable,
                                "the report of node %s cannot be decoded, so a process of the former pod %s may still live there; update the operator, or delete PassthroughNode %s once that process is gone: %s"
                                        .formatted(
                                                pod.nodeName(),
                                                pod.podUID(),
                                                pod.nodeName(),
                                                Undecodable.text(report)))))
                .orElseGet(() -> new Cause(
                        Reason.FormerProcessUnknown,
                        "the former pod %s was on node %s, whose PassthroughNode was deleted since, so a process of it may still live there; the VM starts when the agent of the node has reported for the grace period, or when the Node is deleted or tainted %s"
                                .formatted(pod.podUID(), pod.nodeName(), InspectedNode.OUT_OF_SERVICE)));
    }

    private Optional<PassthroughNode> hiddenReport(FormerPod pod) {
        return inspected(pod).flatMap(InspectedNode::report).filter(ReportedGrants::areHidden);
    }

    private Optional<InspectedNode> inspected(FormerPod pod) {
        return node(pod).flatMap(node -> Given.of(observed.inspected().get(node)));
    }

    /** Whether its process may live: true also where a node has to be inspected first. */
    private boolean mayLive(FormerPod pod) {
        return inspected(pod).map(node -> mayLive(node, pod)).orElseGet(() -> {
            boolean known = node(pod).isEmpty() || endSeen(pod);
            return !known || reported(pod).isPresent();
        });
    }

    private boolean mayLive(InspectedNode node, FormerPod pod) {
        return !node.isReleased(Times.parse(pod.created()))
                && (reported(pod).isPresent() || !(endSeen(pod) || tellsOf(node, pod)));
    }

    /**
     * Whether a report without the pod proves that nothing of it lives. One that was made after the pod may have forgotten
     * it, when somebody has deleted the one before and the agent was started anew; but where an agent reports a kubelet
     * runs, which ends what was of a removed pod within its grace period.
     */
    private boolean tellsOf(InspectedNode node, FormerPod pod) {
        return node.report()
                .filter(report -> !ReportedGrants.areHidden(report))
                .map(report -> Times.parse(report.getMetadata().getCreationTimestamp()))
                .filter(made -> made.isEmpty() || isOlder(made.get(), pod) || isEnded(made.get()))
                .isPresent();
    }

    /** The report is as old as the pod, or the machine was seen running with it. */
    private boolean isOlder(Instant report, FormerPod pod) {
        return Times.parse(before.startTimes().running())
                .filter(running -> isBound(pod))
                .or(() -> Times.parse(pod.created()))
                .filter(report::isAfter)
                .isEmpty();
    }

    private boolean isEnded(Instant report) {
        Optional<Instant> gone =
                VmConditions.state(before.conditions()).flatMap(ready -> Times.parse(ready.getLastTransitionTime()));
        Duration grace = Duration.ofSeconds(
                        SpecBasics.graceSeconds(observed.vm().getSpec()))
                .plus(MARGIN);
        // A time of the future is none: our clock was put back.
        return Stream.concat(Stream.of(report), gone.stream())
                .filter(since -> !since.isAfter(now))
                .allMatch(since -> !now.isBefore(since.plus(grace)));
    }

    private Optional<ReportedGrants.OnNode> reported(FormerPod pod) {
        List<PassthroughNode> reports = inspected(pod)
                .map(inspected -> inspected.report().stream().toList())
                .orElse(observed.nodes());
        return node(pod).isPresent()
                ? node(pod)
                        .flatMap(node -> ReportedGrants.on(node, pod.podUID(), reports)
                                .map(grant -> new ReportedGrants.OnNode(node, grant)))
                : ReportedGrants.anywhere(pod.podUID(), reports);
    }

    /** The kubelet has said that its containers have ended. */
    private boolean endSeen(FormerPod pod) {
        return before.end().isPresent() && isBound(pod);
    }

    private boolean isBound(FormerPod pod) {
        return before.podUid().filter(pod.podUID()::equals).isPresent();
    }

    private boolean isPresent(FormerPod pod) {
        return observed.pod()
                .filter(present -> present.getMetadata().getUid().equals(pod.podUID()))
                .isPresent();
    }

    private static List<FormerPod> all(ObservedState observed, RecordedStatus before) {
        PassthroughVM vm = observed.vm();
        Map<String, FormerPod> pods = new LinkedHashMap<>();
        before.formerPods().forEach(pod -> pods.putIfAbsent(pod.podUID(), pod));
        before.podUid()
                .ifPresent(uid -> pods.putIfAbsent(
                        uid,
                        new FormerPod(
                                uid,
                                before.node().orElse(null),
                                before.startTimes().created())));
        Optional<Pod> present = observed.pod();
        present.filter(pod -> ObservedState.controls(vm, pod))
                .ifPresent(pod -> pods.remove(new ObservedPod(pod).uid()));
        present.filter(pod -> ObservedState.isFormer(vm, pod))
                .map(FormerPods::of)
                .filter(pod -> node(pod).isPresent())
                .ifPresent(pod -> pods.putIfAbsent(pod.podUID(), pod));
        return pods.values().stream().limit(PassthroughVMStatus.MAX_FORMER_PODS).toList();
    }

    /** What is remembered of a pod that is there. */
    static FormerPod of(Pod pod) {
        ObservedPod read = new ObservedPod(pod);
        return new FormerPod(
                read.uid(), read.node().orElse(null), read.created().orElse(null));
    }

    /** Its node; empty when it was gone before its node was seen. */
    private static Optional<String> node(FormerPod pod) {
        return Given.of(pod.nodeName());
    }
}
