package dev.holdfast.plan.lifecycle;

import static dev.holdfast.plan.lifecycle.PlanFixtures.IDLE;
import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.ended;
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
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.observed.VolumeClaims;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The results of kstatus for a VM in each of its states. */
final class KstatusConditionsTest {
    private static final PassthroughNode GRANTED = node(List.of(), grant("pod-1", VM_UID, 134217728L));

    @Test
    void isInProgressUntilTheMachineRunsAndThenCurrent() {
        PassthroughVMStatus bound = plan(vm(), pod("pod-1"), IDLE).status();
        PassthroughVMStatus running =
                plan(with(vm(), bound), started(pod("pod-1"), 60), GRANTED).status();

        assertJudged(with(vm(), bound), Kstatus.InProgress, "Ready=False Reconciling=True");
        assertThat(condition(bound, "Reconciling").getReason())
                .isEqualTo(condition(bound, "Ready").getReason());
        assertJudged(with(vm(), running), Kstatus.Current, "Ready=True");
    }

    @Test
    void isCurrentWhenHaltedWithTheConditionStopped() {
        PassthroughVM halted = Samples.halted();

        PassthroughVMStatus status = plan(halted, null, IDLE).status();

        assertThat(status.phase()).isEqualTo(Phase.Stopped);
        assertJudged(with(halted, status), Kstatus.Current, "Stopped=True");
        assertThat(condition(status, "Stopped").getReason()).isEqualTo("Halted");
        assertThat(plan(with(halted, status), null, IDLE).status()).isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource({
        "Always,         0, InProgress, Ready=False Reconciling=True",
        "Always,         1, InProgress, Ready=False Reconciling=True",
        "RerunOnFailure, 0, Current,    Stopped=True",
        "RerunOnFailure, 1, InProgress, Ready=False Reconciling=True",
        "Once,           0, Current,    Stopped=True",
        "Once,           1, Failed,     Ready=False Stalled=True",
    })
    void judgesAnEndByTheRunStrategy(RunStrategy strategy, int exitCode, Kstatus judged, String conditions) {
        PassthroughVM vm = vm(strategy);
        PassthroughVMStatus bound = plan(vm, pod("pod-1"), IDLE).status();
        PassthroughVMStatus running =
                plan(with(vm, bound), started(pod("pod-1"), 60), GRANTED).status();
        Pod over = ended(pod("pod-1"), exitCode, Duration.ofSeconds(30), null);

        PassthroughVMStatus status = plan(with(vm, running), over, IDLE).status();

        assertJudged(with(vm, status), judged, conditions);
        assertThat(plan(with(vm, status), over, IDLE).status()).isEqualTo(status);
    }

    @Test
    void failsWhenOnlyTheUserCanContinue() {
        PassthroughVM without = Samples.vm("memory: {guest: 1Gi}");
        PassthroughVMStatus invalid = plan(without, null, IDLE).status();
        assertJudged(with(without, invalid), Kstatus.Failed, "Ready=False Stalled=True");
        assertThat(condition(invalid, "Stalled").getMessage())
                .isEqualTo(condition(invalid, "Ready").getMessage());

        PassthroughVMStatus refused = VmPlan.refused(ObservedStates.of(vm(), null), DEFAULTS, NOW, "quota")
                .status();
        assertJudged(with(vm(), refused), Kstatus.InProgress, "Ready=False Reconciling=True");
    }

    /** A device class that is applied together with its VM may be created after it. */
    @Test
    void isInProgressWhileAnObstacleMayEndByItself() {
        Pod waiting = Samples.unschedulable(pod("pod-1"), "Insufficient holdfast.dev/test-gpu");
        PassthroughVMStatus bound = plan(vm(), pod("pod-1"), IDLE).status();

        PassthroughVMStatus status = VmPlan.of(
                        ObservedStates.of(with(vm(), bound), waiting, List.of(), Set.of(), VolumeClaims.unknown()),
                        DEFAULTS,
                        NOW)
                .status();

        assertThat(condition(status, "Reconciling").getReason()).isEqualTo("DeviceClassUnknown");
        assertJudged(with(vm(), status), Kstatus.InProgress, "Ready=False Reconciling=True");
    }

    private static void assertJudged(PassthroughVM vm, Kstatus judged, String conditions) {
        assertThat(Kstatus.of(vm)).isEqualTo(judged);
        List<String> ofProgress = List.of("Ready", "Stopped", "Reconciling", "Stalled");
        assertThat(Objects.requireNonNull(vm.getStatus().conditions()).stream()
                        .filter(condition -> ofProgress.contains(condition.getType()))
                        .map(condition -> condition.getType() + "=" + condition.getStatus()))
                .containsExactly(conditions.split(" "));
    }

    private static Condition condition(PassthroughVMStatus status, String type) {
        return VmConditions.find(status.conditions(), type).orElseThrow();
    }

    private static VmPlan plan(PassthroughVM vm, @Nullable Pod pod, PassthroughNode node) {
        return Samples.planned(ObservedStates.of(vm, pod, node), DEFAULTS, NOW);
    }
}
