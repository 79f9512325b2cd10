package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.FormerPod;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.machine.TolerantSpec;
import dev.holdfast.plan.observed.InspectedNode;
import dev.holdfast.plan.observed.ObservedPod;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.observed.ReportedGrants;
import dev.holdfast.plan.observed.ReportedNodes;
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
 * Pods of a VM, or of a former VM of its name, whose process may still run on their node: while one may run, no new pod is
 * created. Only the report of the node in the pod's spec.nodeName is read.
 */
final class FormerPods {
    /** Time in addition to the grace period, for a busy kubelet. */
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

    /** Returns all known former pods, whether or not a process may run. */
    List<FormerPod> all() {
        return all;
    }

    /** Returns the nodes that must be inspected before a decision. */
    Set<String> toInspect() {
        return all.stream()
                .filter(pod -> !isPresent(pod) && mayRun(pod))
                .flatMap(pod -> node(pod).stream())
                .filter(node -> !observed.inspected().containsKey(node))
                .collect(Collectors.toSet());
    }

    /** Returns the former pods whose process may still run. */
    List<FormerPod> left() {
        return all.stream().filter(pod -> isPresent(pod) || mayRun(pod)).toList();
    }

    /** Returns why no new pod can be created; empty when no process may run. */
    Optional<Cause> obstacle() {
        return left().stream().findFirst().map(this::cause);
    }

    private Cause cause(FormerPod pod) {
        Optional<ReportedGrants.OnNode> running = reported(pod);
        return running.map(left -> new Cause(
                        Reason.FormerProcessAlive,
                        "process %d of the former pod %s still runs on node %s and may use the devices; the VM starts when it has ended, or when the Node is deleted or tainted %s"
                                .formatted(
                                        left.grant().pid(), pod.podUID(), left.node(), InspectedNode.OUT_OF_SERVICE)))
                .or(() -> hiddenReport(pod)
                        .map(report -> new Cause(
                                Reason.NodeReportUndecodable,
                                "the report of node %s cannot be decoded, so a process of the former pod %s may still run there; update the operator, or delete PassthroughNode %s once that process has ended: %s"
                                        .formatted(
                                                pod.nodeName(),
                                                pod.podUID(),
                                                pod.nodeName(),
                                                Undecodable.text(report)))))
                .orElseGet(() -> new Cause(
                        Reason.FormerProcessUnknown,
                        "the former pod %s was on node %s, whose PassthroughNode was deleted since, so a process of it may still run there; the VM starts when the agent of the node has reported for the grace period, or when the Node is deleted or tainted %s"
                                .formatted(pod.podUID(), pod.nodeName(), InspectedNode.OUT_OF_SERVICE)));
    }

    private Optional<PassthroughNode> hiddenReport(FormerPod pod) {
        return inspected(pod).flatMap(InspectedNode::report).filter(ReportedGrants::areHidden);
    }

    private Optional<InspectedNode> inspected(FormerPod pod) {
        return node(pod).flatMap(node -> Given.of(observed.inspected().get(node)));
    }

    /** Returns whether its process may still run; also true when a node must be inspected first. */
    private boolean mayRun(FormerPod pod) {
        return inspected(pod).map(node -> mayRun(node, pod)).orElseGet(() -> {
            boolean known = node(pod).isEmpty() || endWasReported(pod);
            return !known || reported(pod).isPresent();
        });
    }

    private boolean mayRun(InspectedNode node, FormerPod pod) {
        return !node.isReleased(Times.parse(pod.created()))
                && (reported(pod).isPresent() || !(endWasReported(pod) || provesEnd(node, pod)));
    }

    /**
     * Returns whether a report without the pod proves that no process of it runs. A report that is newer than the pod may lack
     * it, if the earlier report was deleted and the agent restarted; but where an agent reports, a kubelet runs, which ends the
     * processes of a removed pod within its grace period.
     */
    private boolean provesEnd(InspectedNode node, FormerPod pod) {
        return node.report()
                .filter(report -> !ReportedGrants.areHidden(report))
                .map(report -> Times.parse(report.getMetadata().getCreationTimestamp()))
                .filter(made -> made.isEmpty() || isOlder(made.get(), pod) || isEnded(made.get()))
                .isPresent();
    }

    /** Returns whether the report is at least as old as the pod, or was there while the machine ran. */
    private boolean isOlder(Instant report, FormerPod pod) {
        return Times.parse(before.startTimes().running())
                .filter(running -> isBound(pod))
                .or(() -> Times.parse(pod.created()))
                .filter(report::isAfter)
                .isEmpty();
    }

    private boolean isEnded(Instant report) {
        Optional<Instant> readySince =
                VmConditions.state(before.conditions()).flatMap(ready -> Times.parse(ready.getLastTransitionTime()));
        Duration grace = Duration.ofSeconds(
                        TolerantSpec.graceSeconds(observed.vm().getSpec()))
                .plus(MARGIN);
        // A time in the future is ignored: the operator's clock was set back.
        return Stream.concat(Stream.of(report), readySince.stream())
                .filter(since -> !since.isAfter(now))
                .allMatch(since -> !now.isBefore(since.plus(grace)));
    }

    private Optional<ReportedGrants.OnNode> reported(FormerPod pod) {
        ReportedNodes reports = inspected(pod)
                .map(inspected -> ReportedNodes.of(inspected.report().stream().toList()))
                .orElse(observed.nodes());
        return node(pod).isPresent()
                ? node(pod)
                        .flatMap(node -> ReportedGrants.on(node, pod.podUID(), reports)
                                .map(grant -> new ReportedGrants.OnNode(node, grant)))
                : ReportedGrants.anywhere(pod.podUID(), reports);
    }

    /** Returns whether the kubelet has reported the end of its containers. */
    private boolean endWasReported(FormerPod pod) {
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

    /** Makes the entry of an existing pod. */
    static FormerPod of(Pod pod) {
        ObservedPod read = new ObservedPod(pod);
        return new FormerPod(
                read.uid(), read.node().orElse(null), read.created().orElse(null));
    }

    /** Returns its node; empty when it was deleted before its node was observed. */
    private static Optional<String> node(FormerPod pod) {
        return Given.of(pod.nodeName());
    }
}
