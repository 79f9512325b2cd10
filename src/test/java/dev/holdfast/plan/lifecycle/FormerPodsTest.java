package dev.holdfast.plan.lifecycle;

import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.former;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static dev.holdfast.testbed.fixtures.Samples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.FormerPod;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.InspectNodes;
import dev.holdfast.plan.observed.InspectedNode;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** No new pod is created while a process of a former pod may run, and which reports count for that. */
class FormerPodsTest {
    private static final PassthroughNode GRANTED = node(List.of(), grant("pod-1", VM_UID, 1L));
    private static final PassthroughNode IDLE = node(List.of());
    private static final Instant LATER = NOW.plusSeconds(3600);

    @Test
    void inspectsTheNodeBeforeItReplacesAVanishedPod() {
        // Given a cache without the grant
        PassthroughVM due = with(vm(), vanished());

        VmPlan asks = VmPlan.of(observed(due, null, IDLE), DEFAULTS, LATER);
        VmPlan waits = VmPlan.of(inspected(due, inService(GRANTED), IDLE), DEFAULTS, LATER);

        assertThat(asks.action()).isEqualTo(new InspectNodes(Set.of(Samples.NODE)));
        assertThat(reason(waits)).isEqualTo("FormerProcessAlive");
        assertThat(waits.recheck()).isPresent();
        assertThat(plan(due, inService(IDLE)).action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void ignoresReportsOfOtherNodes() {
        // Given an agent of another node that reports a grant for the VM's pod
        PassthroughNode liar = node(List.of(), grant("pod-1", VM_UID, 1L), grant("pod-x", VM_UID, 1L));
        liar.getMetadata().setName("node-2");
        PassthroughVM due = with(vm(), vanished());

        VmPlan plan = VmPlan.of(
                ObservedStates.of(due, null, IDLE, liar).with(Map.of(Samples.NODE, inService(IDLE))), DEFAULTS, LATER);
        VmPlan fresh = VmPlan.of(ObservedStates.of(vm(), null, IDLE, liar), DEFAULTS, LATER);

        assertThat(plan.action()).isInstanceOf(CreatePod.class);
        assertThat(fresh.action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void recordsThePodOfAFormerVmOfTheNameWithItsNode() {
        // Given a VM that was created while the pod of a former VM of its name still runs
        Pod theirs = former(started(pod("pod-1"), 60));

        VmPlan meets = VmPlan.of(observed(vm(), theirs, GRANTED), DEFAULTS, NOW);
        PassthroughVM after = with(vm(), meets.status());

        // Then, when that pod is removed by force, its process is waited for
        assertThat(reason(meets)).isEqualTo("PodLeaving");
        assertThat(meets.status().formerPods())
                .containsExactly(new FormerPod(
                        "pod-1", Samples.NODE, theirs.getMetadata().getCreationTimestamp()));
        VmPlan waits = plan(after, inService(node(List.of(), grant("pod-1", "former-vm", 1L))));
        assertThat(reason(waits)).isEqualTo("FormerProcessAlive");
        assertThat(plan(with(vm(), waits.status()), inService(IDLE)).action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void keepsAFormerPodWhileTheVmIsHalted() {
        PassthroughVMStatus stopping = Samples.planned(
                        observed(with(Samples.halted(), running()), started(pod("pod-1"), 60), GRANTED), DEFAULTS, NOW)
                .status();

        VmPlan stopped = plan(with(Samples.halted(), stopping), inService(GRANTED));
        VmPlan wanted = plan(with(vm(), stopped.status()), inService(GRANTED));

        assertThat(stopped.status().phase()).isEqualTo(Phase.Stopped);
        assertThat(stopped.status().formerPods()).extracting(FormerPod::podUID).containsExactly("pod-1");
        assertThat(reason(wanted)).isEqualTo("FormerProcessAlive");
        assertThat(plan(with(Samples.halted(), stopped.status()), inService(IDLE))
                        .status()
                        .formerPods())
                .isNull();
    }

    @Test
    void movesAVmOffANodeThatIsOutOfServiceOrGone() {
        PassthroughVM due = with(vm(), vanished());
        InspectedNode tainted = InspectedNode.of(
                Optional.of(new NodeBuilder()
                        .withNewMetadata()
                        .withName(Samples.NODE)
                        .withCreationTimestamp("2026-01-01T00:00:00Z")
                        .endMetadata()
                        .withNewSpec()
                        .addNewTaint()
                        .withKey("node.kubernetes.io/out-of-service")
                        .withEffect("NoExecute")
                        .endTaint()
                        .endSpec()
                        .withNewStatus()
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("Unknown")
                        .endCondition()
                        .endStatus()
                        .build()),
                Optional.of(GRANTED));
        InspectedNode gone = InspectedNode.of(Optional.empty(), Optional.of(GRANTED));
        InspectedNode made = new InspectedNode(Optional.of(NOW.plusSeconds(60)), false, Optional.of(GRANTED));

        assertThat(plan(due, tainted).action()).isInstanceOf(CreatePod.class);
        assertThat(plan(due, gone).action()).isInstanceOf(CreatePod.class);
        assertThat(plan(due, made).action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void waitsWhenTheReportOfANodeWasDeleted() {
        PassthroughVM due = with(vm(), vanished());
        PassthroughNode young = node(List.of());
        young.getMetadata().setCreationTimestamp(LATER.minusSeconds(30).toString());
        PassthroughNode grown = node(List.of());
        grown.getMetadata().setCreationTimestamp(LATER.minusSeconds(300).toString());

        VmPlan missing = plan(due, new InspectedNode(Optional.of(Instant.EPOCH), false, Optional.empty()));

        assertThat(reason(missing)).isEqualTo("FormerProcessUnknown");
        assertThat(missing.recheck()).isPresent();
        assertThat(reason(plan(due, inService(young)))).isEqualTo("FormerProcessUnknown");
        assertThat(plan(due, inService(grown)).action())
                .as("its kubelet has had the grace period by now")
                .isInstanceOf(CreatePod.class);
    }

    @Test
    void inspectsNoNodeForAPodWhoseEndTheKubeletHasReported() {
        PassthroughVMStatus ended = Samples.planned(
                        observed(
                                with(vm(), running()),
                                Samples.ended(pod("pod-1"), 1, Duration.ofSeconds(9), null),
                                GRANTED),
                        DEFAULTS,
                        NOW)
                .status();

        VmPlan plan = VmPlan.of(observed(with(vm(), ended), null, IDLE), DEFAULTS, LATER);

        assertThat(plan.action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void bindsNoPodThatWasCreatedWhileAFormerProcessRuns() {
        // Given the pod of an operator that had lost its Lease
        PassthroughVM vm = with(vm(), running());

        VmPlan plan = VmPlan.of(
                ObservedStates.of(vm, pod("pod-2"), GRANTED).with(Map.of(Samples.NODE, inService(GRANTED))),
                DEFAULTS,
                LATER);

        assertThat(plan.action()).isEqualTo(Action.DeletePod.of(pod("pod-2")));
        assertThat(plan.status().podUID()).isEqualTo("pod-1");
        assertThat(reason(plan)).isEqualTo("FormerProcessAlive");
    }

    @Test
    void recordsAtMostFour() {
        List<FormerPod> many = IntStream.range(0, 9)
                .mapToObj(i -> new FormerPod("pod-" + i, Samples.NODE, null))
                .toList();
        PassthroughVMStatus status = Statuses.with(PassthroughVMStatus.none(), Map.of("formerPods", many));

        assertThat(new FormerPods(observed(with(vm(), status), null, IDLE), NOW).all())
                .hasSize(PassthroughVMStatus.MAX_FORMER_PODS);
    }

    private static PassthroughVMStatus running() {
        PassthroughVMStatus bound = Samples.planned(observed(vm(), pod("pod-1"), IDLE), DEFAULTS, NOW)
                .status();
        return Samples.planned(observed(with(vm(), bound), started(pod("pod-1"), 60), GRANTED), DEFAULTS, NOW)
                .status();
    }

    private static PassthroughVMStatus vanished() {
        return Samples.planned(observed(with(vm(RunStrategy.Always), running()), null, GRANTED), DEFAULTS, NOW)
                .status();
    }

    private static InspectedNode inService(PassthroughNode report) {
        return new InspectedNode(Optional.of(Instant.EPOCH), false, Optional.of(report));
    }

    private static VmPlan plan(PassthroughVM vm, InspectedNode node) {
        return VmPlan.of(inspected(vm, node, GRANTED), DEFAULTS, LATER);
    }

    private static ObservedState inspected(PassthroughVM vm, InspectedNode node, PassthroughNode cached) {
        return observed(vm, null, cached).with(Map.of(Samples.NODE, node));
    }

    private static ObservedState observed(PassthroughVM vm, @Nullable Pod pod, PassthroughNode node) {
        return ObservedStates.of(vm, pod, node);
    }

    private static String reason(VmPlan plan) {
        return VmConditions.state(plan.status().conditions()).orElseThrow().getReason();
    }
}
