package dev.holdfast.plan.lifecycle;

import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.ended;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.leaving;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.scheduled;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.unschedulable;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static dev.holdfast.testbed.fixtures.Samples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Names;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults of the life cycle that random schedules have found, each as a single case. */
class LifeFaultsTest {
    private static final PassthroughNode GRANTED = node(List.of(), grant("pod-1", VM_UID, 1L));
    private static final PassthroughNode IDLE = node(List.of());
    private static final String LARGER = """
            memory: {guest: 256Mi}
            devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
            """;

    // Delayed operators.

    @Test
    void keepsAGrantedPodOfAnEarlierSpec() {
        // Given a VM whose status was lost, and whose spec has changed since
        PassthroughVM vm = edited(PassthroughVMStatus.none());

        VmPlan plan = plan(vm, started(pod("pod-1"), 60), GRANTED, NOW);

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().phase()).isEqualTo(Phase.Running);
        assertThat(plan.status().podUID()).isEqualTo("pod-1");
        assertThat(plan.status().memlock())
                .as("the plan of the spec that the pod was made from")
                .satisfies(memlock -> assertThat(memlock.requiredBytes()).isEqualTo(134479872));
        assertThat(VmConditions.find(plan.status().conditions(), VmConditions.RESTART_REQUIRED))
                .isPresent();
    }

    @ParameterizedTest
    @EnumSource(
            value = Phase.class,
            names = {"Succeeded", "Failed"})
    void deletesAPodThatADelayedOperatorCreatedForAnEndedMachine(Phase end) {
        PassthroughVMStatus over = over(RunStrategy.Once, end);

        VmPlan plan = plan(with(vm(RunStrategy.Once), over), pod("pod-2"), IDLE, NOW.plusSeconds(60));

        assertThat(plan.action()).isEqualTo(DeletePod.of(pod("pod-2")));
        assertThat(plan.status().phase()).isEqualTo(end);
        assertThat(plan.status().podUID()).isEqualTo("pod-1");
    }

    // A spec that is corrected before a container has run.

    @Test
    void recreatesAnUnscheduledPodWhenItsSpecIsCorrected() {
        PassthroughVM vm = edited(bound());
        Pod waits = unschedulable(version(pod("pod-1"), "77"), "0/3 nodes are available");

        // First it is unbound, so that no agent grants it a limit, then it is deleted unless it has changed
        VmPlan unbinds = plan(vm, waits, IDLE, NOW);
        VmPlan deletes = plan(with(vm, unbinds.status()), waits, IDLE, NOW);
        VmPlan makes = plan(with(vm, deletes.status()), null, IDLE, NOW);

        assertThat(unbinds.action()).isInstanceOf(Nothing.class);
        assertThat(reason(unbinds)).isEqualTo("PodOutdated");
        assertThat(unbinds.status().podUID()).isNull();
        assertThat(unbinds.recheck()).contains(NOW);
        assertThat(deletes.action()).isEqualTo(new DeletePod("gpu-vm", "pod-1", Optional.of("77")));
        assertThat(makes.action()).isInstanceOf(CreatePod.class);
    }

    @ParameterizedTest
    @EnumSource(RunStrategy.class)
    void recreatesAPodThatItsNodeHasNotStarted(RunStrategy strategy) {
        PassthroughVM vm = edited(bound());
        VmPlan plan = plan(vm, scheduled(pod("pod-1"), 60), IDLE, NOW);

        assertThat(reason(plan)).isEqualTo("PodOutdated");
        assertThat(plan(with(vm(strategy), Statuses.with(bound(), Map.of())), pod("pod-1"), IDLE, NOW)
                        .status()
                        .podUID())
                .as("of the same spec but for the run strategy")
                .isEqualTo("pod-1");
    }

    @Test
    void keepsAPodWhoseLauncherHasStarted() {
        VmPlan plan = plan(edited(bound()), started(pod("pod-1"), 60), IDLE, NOW);

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().podUID()).isEqualTo("pod-1");
    }

    // Clocks.

    @Test
    void startsAtOnceWhenTheNextStartIsFurtherAheadThanAnyBackOff() {
        PassthroughVMStatus wrong = Statuses.with(
                over(RunStrategy.Always, Phase.Failed),
                Map.of("nextStartTime", NOW.plusSeconds(86_400).toString()));

        assertThat(plan(with(vm(), wrong), null, IDLE, NOW).action()).isInstanceOf(CreatePod.class);
        assertThat(plan(with(vm(), wrong), ended(pod("pod-1"), 1, Duration.ofSeconds(9), null), IDLE, NOW)
                        .action())
                .isEqualTo(DeletePod.of(pod("pod-1")));
    }

    @Test
    void backsOffByItsOwnClockWhenTheNodesClockIsBehind() {
        Pod failed = ended(pod("pod-1"), 1, Duration.ofSeconds(9), null);

        VmPlan plan = plan(with(vm(), running()), failed, GRANTED, NOW.plusSeconds(7200));

        assertThat(plan.status().nextStartTime())
                .isEqualTo(NOW.plusSeconds(7210).toString());
    }

    @Test
    void settlesAStateOfANodeWhoseClockIsAhead() {
        VmPlan plan = plan(with(vm(), bound()), started(pod("pod-1"), -3600), IDLE, NOW);

        assertThat(reason(plan)).isEqualTo("WaitingForGrant");
        assertThat(plan.recheck()).isEmpty();
    }

    @Test
    void ignoresAnInvalidTimeOfAnAgent() {
        PassthroughNode garbled = node(
                List.of(),
                new Grant(
                        "pod-1",
                        grant("pod-1", VM_UID, null).vm(),
                        1,
                        1,
                        List.of(),
                        1L,
                        null,
                        1,
                        1,
                        null,
                        "yesterday"));

        VmPlan plan = plan(with(vm(), bound()), started(pod("pod-1"), 60), garbled, NOW);

        assertThat(plan.status().phase()).isIn(Phase.Pending, Phase.Running);
    }

    // Stopping is final.

    @ParameterizedTest
    @EnumSource(
            value = RunStrategy.class,
            names = {"Once", "Always", "RerunOnFailure"})
    void startsAMachineThatWasHaltedThoughTheCacheStillShowsItsPod(RunStrategy again) {
        Pod cached = started(pod("pod-1"), 60);
        PassthroughVMStatus stopping =
                plan(with(Samples.halted(), running()), cached, GRANTED, NOW).status();

        VmPlan lagging = plan(with(vm(again), stopping), cached, GRANTED, NOW);
        VmPlan gone = plan(with(vm(again), lagging.status()), null, IDLE, NOW);

        assertThat(lagging.action()).isInstanceOf(Nothing.class);
        assertThat(lagging.status().phase()).isEqualTo(Phase.Stopping);
        assertThat(gone.action()).isInstanceOf(CreatePod.class);
    }

    // State in which the machine ended.

    @ParameterizedTest
    @CsvSource({"RerunOnFailure, Succeeded", "Once, Succeeded", "Once, Failed"})
    void keepsTheEndOfTheMachineWhileItsStartIsBlocked(RunStrategy later, Phase end) {
        // Given a machine that was to start again, and could not
        PassthroughVM always = with(vm(), over(RunStrategy.Always, end));
        Instant due = NOW.plusSeconds(60);
        PassthroughVMStatus held = VmPlan.refused(
                        ObservedStates.of(always, null, IDLE), DEFAULTS, due, "exceeded quota")
                .status();

        VmPlan plan = plan(with(vm(later), held), null, IDLE, due);

        assertThat(held.phase()).isEqualTo(Phase.Pending);
        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().phase()).isEqualTo(end);
    }

    // The observed generation.

    @Test
    void updatesTheObservedGenerationWhenNothingElseChanges() {
        PassthroughVM grantMissing = edited(running());
        PassthroughVM waiting = edited(over(RunStrategy.Always, Phase.Failed));
        PassthroughVM endedLeaves = edited(over(RunStrategy.Always, Phase.Failed));

        for (VmPlan plan : List.of(
                plan(grantMissing, started(pod("pod-1"), 60), IDLE, NOW),
                plan(waiting, null, IDLE, NOW),
                plan(endedLeaves, leaving(ended(pod("pod-1"), 1, Duration.ofSeconds(9), null)), IDLE, NOW))) {
            assertThat(plan.status().observedGeneration()).isEqualTo(2);
            assertThat(plan.status().conditions())
                    .allSatisfy(condition ->
                            assertThat(condition.getObservedGeneration()).isEqualTo(2));
        }
    }

    // Restarts.

    @Test
    void comparesARestartRequestWithTheRecordedStartOfAVanishedPod() {
        // Given a request between the start of the machine and the loss of its pod
        PassthroughVM vm = with(vm(RunStrategy.Once), over(RunStrategy.Once, Phase.Failed));
        vm.getMetadata()
                .setAnnotations(Map.of(
                        Names.RESTARTED_AT_ANNOTATION, NOW.minusSeconds(5).toString()));

        VmPlan first = plan(vm, null, IDLE, NOW.plusSeconds(60));
        VmPlan second = plan(with(vm, first.status()), null, IDLE, NOW.plusSeconds(600));

        assertThat(possible(first)).isPresent();
        assertThat(possible(second)).isEqualTo(possible(first));
        assertThat(second.status()).isEqualTo(first.status());
    }

    @Test
    void servesARestartThatWasRequestedBeforeThePodVanished() {
        PassthroughVM vm = with(vm(), running());
        vm.getMetadata()
                .setAnnotations(Map.of(
                        Names.RESTARTED_AT_ANNOTATION, NOW.minusSeconds(5).toString()));
        Instant gone = NOW.plusSeconds(300);

        assertThat(plan(vm, null, IDLE, gone).action()).isInstanceOf(CreatePod.class);
    }

    /** The status is a placeholder then: QEMU ended neither by signal 9 nor by signal 127. */
    @ParameterizedTest
    @ValueSource(strings = {"PodGC", "ContainerStatusUnknown", "Unknown"})
    void reportsAnUnknownExitStatusOfQemu(String how) {
        VmPlan plan = plan(with(vm(), running()), lost(how), GRANTED, NOW.plusSeconds(120));

        assertThat(state(plan).getReason()).isEqualTo("GuestFailed");
        assertThat(state(plan).getMessage())
                .startsWith("the node was restarted or has lost the container; the exit status of QEMU is unknown");
    }

    /** Observed on a node with a real kubelet: it refuses the pods that ran there, before the agent has registered the devices. */
    @Test
    void reportsThatAMachineRanWhoseNodeWasRestarted() {
        Pod refused = new PodBuilder(lost("Unknown"))
                .editStatus()
                .withReason("UnexpectedAdmissionError")
                .withMessage("Pod was rejected: Allocate failed due to no healthy devices present")
                .endStatus()
                .build();

        assertThat(state(plan(with(vm(), running()), refused, GRANTED, NOW)).getReason())
                .isEqualTo("GuestFailed");
        // For a machine that never ran, the kubelet's reason is reported.
        Pod early = new PodBuilder(refused)
                .editStatus()
                .withContainerStatuses(List.of())
                .endStatus()
                .build();
        assertThat(state(plan(with(vm(), null), early, IDLE, NOW)).getReason()).isEqualTo("UnexpectedAdmissionError");
    }

    // Reset of the back-off.

    @ParameterizedTest
    @ValueSource(strings = {"PodGC", "ContainerStatusUnknown", "Unknown"})
    void resetsTheBackOffOfALongRunWhoseEndTheKubeletDoesNotKnow(String how) {
        PassthroughVMStatus often = Statuses.with(running(), Map.of("restarts", 5));

        VmPlan plan = plan(with(vm(), often), lost(how), GRANTED, NOW.plus(Duration.ofDays(30)));

        assertThat(plan.status().restarts()).isZero();
    }

    @Test
    void resetsTheBackOffOfALongRunWhosePodVanished() {
        PassthroughVMStatus often = Statuses.with(running(), Map.of("restarts", 5));

        assertThat(plan(with(vm(), often), null, IDLE, NOW.plusSeconds(601))
                        .status()
                        .restarts())
                .isZero();
        assertThat(plan(with(vm(), often), null, IDLE, NOW.plusSeconds(599))
                        .status()
                        .restarts())
                .isEqualTo(5);
    }

    private static Condition state(VmPlan plan) {
        return VmConditions.state(plan.status().conditions()).orElseThrow();
    }

    private static Pod lost(String how) {
        PodBuilder failed = new PodBuilder(started(pod("pod-1"), 60))
                .editStatus()
                .withPhase("Failed")
                .endStatus();
        return how.equals("PodGC")
                ? failed.build()
                : failed.editStatus()
                        .editFirstContainerStatus()
                        .withNewState()
                        .withNewTerminated()
                        .withExitCode(how.equals("Unknown") ? 255 : 137)
                        .withReason(how)
                        .endTerminated()
                        .endState()
                        .endContainerStatus()
                        .endStatus()
                        .build();
    }

    private static PassthroughVM edited(PassthroughVMStatus status) {
        PassthroughVM vm = Samples.vm(LARGER);
        vm.getMetadata().setGeneration(2L);
        return with(vm, status);
    }

    private static Pod version(Pod pod, String version) {
        return new PodBuilder(pod)
                .editMetadata()
                .withResourceVersion(version)
                .endMetadata()
                .build();
    }

    private static PassthroughVMStatus bound() {
        return plan(vm(), pod("pod-1"), IDLE, NOW).status();
    }

    private static PassthroughVMStatus running() {
        return plan(with(vm(), bound()), started(pod("pod-1"), 60), GRANTED, NOW)
                .status();
    }

    private static PassthroughVMStatus over(RunStrategy strategy, Phase end) {
        int exit = end == Phase.Succeeded ? 0 : 1;
        return plan(with(vm(strategy), running()), ended(pod("pod-1"), exit, Duration.ofSeconds(9), null), IDLE, NOW)
                .status();
    }

    private static VmPlan plan(PassthroughVM vm, @Nullable Pod pod, PassthroughNode node, Instant now) {
        return Samples.planned(ObservedStates.of(vm, pod, node), DEFAULTS, now);
    }

    private static String reason(VmPlan plan) {
        return VmConditions.state(plan.status().conditions()).orElseThrow().getReason();
    }

    private static Optional<Condition> possible(VmPlan plan) {
        return VmConditions.find(plan.status().conditions(), VmConditions.RESTART_POSSIBLE);
    }
}
