package dev.holdfast.plan.lifecycle;

import static dev.holdfast.plan.lifecycle.PlanFixtures.IDLE;
import static dev.holdfast.plan.lifecycle.PlanFixtures.LIMIT;
import static dev.holdfast.plan.lifecycle.PlanFixtures.bound;
import static dev.holdfast.plan.lifecycle.PlanFixtures.boundVm;
import static dev.holdfast.plan.lifecycle.PlanFixtures.message;
import static dev.holdfast.plan.lifecycle.PlanFixtures.plan;
import static dev.holdfast.plan.lifecycle.PlanFixtures.readyReason;
import static dev.holdfast.plan.lifecycle.PlanFixtures.running;
import static dev.holdfast.plan.lifecycle.PlanFixtures.unlimited;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.scheduled;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.memlock.Policy;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests of a VM's start: its pod, the plan that is bound to it, and the phases until the grant. */
final class VmStartTest {
    @Test
    void createsAPodForANewVm() {
        VmPlan plan = plan(vm(), null);

        assertThat(plan.action()).isInstanceOf(CreatePod.class);
        assertThat(plan.status().phase()).isNull();
    }

    @Test
    void bindsTheLimitToAnExistingPodAndCreatesNoSecond() {
        VmPlan plan = plan(vm(), pod("pod-1"));

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().phase()).isEqualTo(Phase.Pending);
        assertThat(plan.status().podUID()).isEqualTo("pod-1");
        assertThat(plan.status().restarts()).isZero();
        assertThat(plan.status().memlock()).satisfies(memlock -> {
            assertThat(memlock.limitBytes()).isEqualTo(LIMIT);
            assertThat(memlock.appliedBytes()).isNull();
        });
        assertThat(readyReason(plan)).isEqualTo("Scheduling");
    }

    @Test
    void doesNotRecomputeTheLimitWhileThePodExists() {
        // Given a VM whose spec has more memory since its pod was made
        PassthroughVM vm = Samples.vm("""
                memory: {guest: 64Gi}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """);
        vm.getMetadata().setGeneration(2L);
        vm.setStatus(bound());

        VmPlan plan = plan(vm, started(pod("pod-1"), 60));

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().memlock()).isEqualTo(bound().memlock());
        assertThat(plan.status().observedGeneration()).isEqualTo(2);
    }

    @Test
    void reportsThatThePolicyIsNotAllowed() {
        VmPlan plan = plan(unlimited(), null);

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().phase()).isEqualTo(Phase.Pending);
        assertThat(readyReason(plan)).isEqualTo("MemlockPolicyNotAllowed");
    }

    @Test
    void runsWithoutALimitWhereThatIsAllowedAndReportsIt() {
        OperatorSettings any = OperatorSettings.of("launcher:test", false, EnumSet.allOf(Policy.class));
        Pod pod = new PodBuilder(((PodPlan.Ready) VmPod.of(unlimited(), any.pod())).pod())
                .editMetadata()
                .withUid("pod-1")
                .withCreationTimestamp(Samples.ago(1))
                .endMetadata()
                .build();

        PassthroughVMStatus bound = Samples.planned(ObservedStates.of(unlimited(), pod, IDLE), any, NOW)
                .status();
        Grant infinite = new Grant(
                "pod-1",
                new VmReference("lab", "gpu-vm", VM_UID),
                4242,
                99,
                List.of(new GrantedDevice("gpu0", List.of("0000:01:00.0"), 14, null)),
                null,
                null,
                -1,
                -1,
                134217728L,
                Samples.ago(0));
        PassthroughVMStatus running = Samples.planned(
                        ObservedStates.of(Samples.with(unlimited(), bound), started(pod, 1), node(List.of(), infinite)),
                        any,
                        NOW)
                .status();

        assertThat(bound.memlock()).satisfies(memlock -> {
            assertThat(memlock.policy()).isEqualTo("Unlimited");
            assertThat(memlock.unlimited()).isTrue();
            assertThat(memlock.limitBytes()).isNull();
            assertThat(memlock.maxBytes()).isNull();
            assertThat(memlock.requiredBytes()).isPositive();
        });
        assertThat(message(bound, "MemlockApplied")).contains("unlimited locked memory is planned");
        assertThat(running.phase()).isEqualTo(Phase.Running);
        assertThat(running.memlock()).satisfies(memlock -> {
            assertThat(memlock.unlimited()).isTrue();
            assertThat(memlock.appliedBytes()).isNull();
        });
        assertThat(message(running, "MemlockApplied")).contains("reports unlimited for RLIMIT_MEMLOCK of process 4242");
    }

    @Test
    void recreatesAnUnboundPodOfAnEarlierSpec() {
        PassthroughVM vm = vm();
        vm.getMetadata().setGeneration(2L);

        VmPlan plan = plan(vm, pod("pod-1"));

        assertThat(plan.action()).isEqualTo(new DeletePod("gpu-vm", "pod-1", Optional.empty()));
        assertThat(plan.status().podUID()).isNull();
    }

    @Test
    void writesNothingDuringAQuickStart() {
        // Given
        PassthroughVMStatus bound = bound();

        // When the pod is on its node, its container starts, and the grant is reported but nothing is pinned yet
        VmPlan onNode = plan(boundVm(), scheduled(pod("pod-1"), 1));
        VmPlan launching = plan(boundVm(), started(pod("pod-1"), 1));
        VmPlan granted = plan(boundVm(), started(pod("pod-1"), 1), node(List.of(), grant("pod-1", VM_UID, null)));

        // Then
        assertThat(List.of(onNode, launching, granted)).allSatisfy(plan -> {
            assertThat(plan.status()).isEqualTo(bound);
            assertThat(plan.recheck()).contains(NOW.plusSeconds(4));
        });
    }

    @Test
    void reportsThePhaseOfASlowStart() {
        VmPlan onNode = plan(boundVm(), scheduled(pod("pod-1"), 5));
        VmPlan launching = plan(boundVm(), started(pod("pod-1"), 5));

        assertThat(onNode.status().phase()).isEqualTo(Phase.Starting);
        assertThat(onNode.status().nodeName()).isEqualTo(Samples.NODE);
        assertThat(readyReason(onNode)).isEqualTo("PreparingPod");
        assertThat(readyReason(launching)).isEqualTo("WaitingForGrant");
    }

    @Test
    void skipsShortPhasesOfASlowStart() {
        // Given a start that was slow to prepare
        PassthroughVM slow =
                Samples.with(vm(), plan(boundVm(), scheduled(pod("pod-1"), 5)).status());

        // When its container has just started, and when the grant is reported too
        VmPlan launching = plan(slow, started(pod("pod-1"), 1));
        VmPlan granted = plan(slow, started(pod("pod-1"), 1), node(List.of(), grant("pod-1", VM_UID, null)));

        // Then
        assertThat(launching.status()).isEqualTo(slow.getStatus());
        assertThat(granted.status()).isEqualTo(slow.getStatus());
        assertThat(launching.recheck()).contains(NOW.plusSeconds(4));
    }

    @Test
    void waitsForAStateWithATimeSlightlyInTheFuture() {
        VmPlan plan = plan(boundVm(), scheduled(pod("pod-1"), -3));

        assertThat(plan.status()).isEqualTo(bound());
        assertThat(plan.recheck()).contains(NOW.plusSeconds(8));
    }

    @Test
    void writesAStateWithATimeFarInTheFutureAtOnce() {
        VmPlan plan = plan(boundVm(), scheduled(pod("pod-1"), -3600));

        assertThat(plan.status().phase()).isEqualTo(Phase.Starting);
        assertThat(plan.recheck()).isEmpty();
    }

    @Test
    void reportsTheKubeletsFaultAtOnceAndKeepsItsFirstMessage() {
        // Given
        Pod pulling = Samples.waiting(pod("pod-1"), "ErrImagePull", "no such host");

        // When
        VmPlan first = plan(boundVm(), pulling);
        VmPlan second = plan(
                Samples.with(vm(), first.status()),
                Samples.waiting(pod("pod-1"), "ImagePullBackOff", "Back-off pulling image"));

        // Then
        assertThat(first.status().printableStatus()).isEqualTo("ImagePullFailed");
        assertThat(second.status()).isEqualTo(first.status());
    }
}
