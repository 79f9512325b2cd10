package dev.holdfast.plan.lifecycle;

import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.foreign;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pods that are refused repeatedly. */
final class RefusedPodRetryTest {
    private static final String QUOTA =
            "pods \"vm\" is forbidden: exceeded quota: few, requested: pods=1, used: pods=%d, limited: pods=%d";

    @Test
    void thePausesDoubleUpToTheLongestAndTheStatusIsWrittenOnce() {
        PassthroughVM vm = vm();
        List<Long> pauses = new ArrayList<>();
        Instant now = NOW;
        VmPlan first = refused(vm, QUOTA.formatted(3, 3), now);

        VmPlan plan = first;
        for (int tries = 0; tries < 9; tries++) {
            assertThat(plan.status()).isEqualTo(first.status());
            pauses.add(Duration.between(now, plan.recheck().orElseThrow()).toSeconds());
            now = plan.recheck().orElseThrow();
            Samples.with(vm, plan.status());
            // A change of the namespace's use does not change the message.
            plan = refused(vm, QUOTA.formatted(3 + tries, 3), now);
        }

        assertThat(pauses).containsExactly(10L, 10L, 20L, 40L, 80L, 160L, 300L, 300L, 300L);
        assertThat(condition(first.status()).getMessage()).contains("5 min");
    }

    @Test
    void anotherSpecStartsFromTheShortestPause() {
        PassthroughVM vm = vm();
        Samples.with(vm, refused(vm, QUOTA.formatted(3, 3), NOW).status());
        assertThat(RefusedPodRetry.isRefused(vm, vm.getStatus())).isTrue();

        vm.getMetadata().setGeneration(vm.getMetadata().getGeneration() + 1);
        Instant later = NOW.plusSeconds(3600);

        assertThat(RefusedPodRetry.isRefused(vm, vm.getStatus())).isFalse();
        VmPlan plan = refused(vm, QUOTA.formatted(3, 3), later);
        assertThat(plan.recheck()).contains(later.plusSeconds(10));
        assertThat(condition(plan.status()).getLastTransitionTime()).isEqualTo(later.toString());
    }

    @Test
    void anotherLimitOrAnotherCauseChangesTheMessage() {
        PassthroughVM vm = vm();
        Samples.with(vm, refused(vm, QUOTA.formatted(3, 3), NOW).status());

        VmPlan raised = refused(vm, QUOTA.formatted(5, 5), NOW.plusSeconds(10));
        VmPlan forbidden = refused(vm, "violates PodSecurity", NOW.plusSeconds(10));

        assertThat(ready(raised.status())).contains("limited: pods=5");
        assertThat(ready(forbidden.status())).contains("violates PodSecurity");
        // The cause is another, the pauses continue.
        assertThat(condition(forbidden.status()).getLastTransitionTime()).isEqualTo(NOW.toString());
    }

    @Test
    void theNumbersOfAWebhookDoNotChangeTheMessageWhichIsLimited() {
        PassthroughVM vm = vm();
        String message = "admission webhook denied the request: trace %s " + "x".repeat(100_000);
        VmPlan first = refused(vm, message.formatted("4f2a90"), NOW);
        Samples.with(vm, first.status());

        VmPlan second = refused(vm, message.formatted("77ab01"), NOW.plusSeconds(10));

        assertThat(second.status()).isEqualTo(first.status());
        assertThat(ready(first.status())).hasSizeLessThan(1100);
    }

    @Test
    void aTakenNameIsRetriedWithTheSamePauses() {
        PassthroughVM vm = vm();
        ObservedState taken = ObservedStates.of(vm, foreign(pod("pod-1")));
        Samples.with(vm, VmPlan.of(taken, DEFAULTS, NOW).status());

        VmPlan later = VmPlan.of(taken, DEFAULTS, NOW.plusSeconds(100));

        assertThat(later.recheck()).contains(NOW.plusSeconds(200));
        assertThat(later.status()).isEqualTo(vm.getStatus());
    }

    @Test
    void theConditionIsRemovedWhenThePodIsCreated() {
        PassthroughVM vm = vm();
        Samples.with(vm, refused(vm, QUOTA.formatted(3, 3), NOW).status());
        ObservedState nothing = ObservedStates.of(vm, null);
        assertThat(VmPlan.of(nothing, DEFAULTS, NOW).action()).isInstanceOf(CreatePod.class);

        VmPlan made = VmPlan.of(nothing.with(pod("pod-1")), DEFAULTS, NOW.plusSeconds(30));

        assertThat(made.status().podUID()).isEqualTo("pod-1");
        assertThat(RefusedPodRetry.isRefused(vm, made.status())).isFalse();
    }

    private static VmPlan refused(PassthroughVM vm, String message, Instant now) {
        return VmPlan.refused(ObservedStates.of(vm, null), DEFAULTS, now, message);
    }

    private static Condition condition(PassthroughVMStatus status) {
        return VmConditions.find(status.conditions(), VmConditions.START_POSSIBLE)
                .orElseThrow();
    }

    private static String ready(PassthroughVMStatus status) {
        return VmConditions.state(status.conditions())
                .map(Condition::getMessage)
                .orElseThrow();
    }
}
