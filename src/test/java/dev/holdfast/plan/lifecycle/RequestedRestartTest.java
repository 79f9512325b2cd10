package dev.holdfast.plan.lifecycle;

import static dev.holdfast.plan.lifecycle.LifeFixtures.DELETE;
import static dev.holdfast.plan.lifecycle.LifeFixtures.LATER;
import static dev.holdfast.plan.lifecycle.LifeFixtures.asked;
import static dev.holdfast.plan.lifecycle.LifeFixtures.find;
import static dev.holdfast.plan.lifecycle.LifeFixtures.plan;
import static dev.holdfast.plan.lifecycle.LifeFixtures.ready;
import static dev.holdfast.plan.lifecycle.LifeFixtures.restarted;
import static dev.holdfast.plan.lifecycle.LifeFixtures.running;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.ended;
import static dev.holdfast.testbed.fixtures.Samples.leaving;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static dev.holdfast.testbed.fixtures.Samples.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.status.StatusEvents;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Restarts that a user requests by an annotation. */
final class RequestedRestartTest {

    @ParameterizedTest
    @ValueSource(strings = {"2026-11-22T12:00:00Z", "2026-11-22T13:00:00.5+01:00", "2999-01-01T00:00:00Z"})
    void restartsOnceForATimeAfterTheStart(String at) {
        // When
        VmPlan restart = plan(asked(at, restarted(running(), 3)), started(pod("pod-1"), 60), NOW);

        // Then the pod is deleted, and meanwhile nothing else happens
        assertThat(restart.action()).isEqualTo(DELETE);
        assertThat(restart.status().phase()).isEqualTo(Phase.Stopping);
        assertThat(ready(restart.status()).getReason()).isEqualTo("Restarting");
        assertThat(StatusEvents.between(running(), restart.status()))
                .singleElement()
                .satisfies(notice -> {
                    assertThat(notice.warning()).isFalse();
                    assertThat(notice.cause().message())
                            .isEqualTo(ready(restart.status()).getMessage());
                });
        VmPlan going = plan(asked(at, restart.status()), leaving(started(pod("pod-1"), 60)), NOW.plusSeconds(1));
        assertThat(going).isEqualTo(VmPlan.nothing(restart.status()));

        // And another pod is created at once, which is not restarted again
        VmPlan gone = plan(asked(at, going.status()), null, NOW.plusSeconds(2));
        assertThat(gone.action()).isInstanceOf(CreatePod.class);
        VmPlan next = plan(asked(at, going.status()), pod("pod-2"), NOW.plusSeconds(2));
        assertThat(next.action()).isInstanceOf(Nothing.class);
        assertThat(next.status().restartedAt()).isEqualTo(at);
        assertThat(next.status().restarts()).isZero();
        VmPlan steady = plan(asked(at, next.status()), started(pod("pod-2"), 1), LATER);
        assertThat(steady.action()).isInstanceOf(Nothing.class);
        assertThat(steady.status().restartedAt()).isEqualTo(at);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-11-22T11:58:59Z", "2026-11-22T12:58:59+01:00"})
    void ignoresATimeBeforeTheStart(String at) {
        assertThat(plan(asked(at, running()), started(pod("pod-1"), 60), NOW).action())
                .isInstanceOf(Nothing.class);
    }

    @Test
    void ignoresTheSameTimeInAnotherZone() {
        PassthroughVMStatus served = plan(asked("2999-01-01T01:00:00+01:00", null), pod("pod-1"), NOW)
                .status();

        assertThat(plan(asked("2999-01-01T00:00:00Z", served), started(pod("pod-1"), 1), NOW)
                        .action())
                .isInstanceOf(Nothing.class);
        assertThat(plan(asked("2026-11-22T12:00:00Z", served), started(pod("pod-1"), 1), NOW)
                        .action())
                .isEqualTo(DELETE);
    }

    @Test
    void restartsAPodThatWaitsForANode() {
        Pod waiting = Samples.unschedulable(pod("pod-1"), "Insufficient memory");

        assertThat(plan(asked("2026-11-22T12:00:00Z", running()), waiting, NOW).action())
                .isEqualTo(DELETE);
    }

    @Test
    void endsABackOffWithOrWithoutThePod() {
        Pod failed = ended(pod("pod-1"), 1, Duration.ofSeconds(30), null);
        PassthroughVMStatus waits =
                plan(with(vm(), restarted(running(), 5)), failed, NOW).status();
        String at = NOW.plusSeconds(1).toString();

        VmPlan kept = plan(asked(at, waits), failed, NOW.plusSeconds(2));
        VmPlan keptGone = plan(asked(at, kept.status()), null, NOW.plusSeconds(3));
        VmPlan gone = plan(asked(at, waits), null, NOW.plusSeconds(2));

        assertThat(kept.action()).isEqualTo(DELETE);
        assertThat(keptGone.action()).isInstanceOf(CreatePod.class);
        assertThat(gone.action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void startsAGuestThatPoweredItselfOff() {
        Pod off = ended(pod("pod-1"), 0, Duration.ofSeconds(30), null);
        PassthroughVM vm = asked(NOW.plusSeconds(1).toString(), running());
        vm.setSpec(vm(RunStrategy.RerunOnFailure).getSpec());
        PassthroughVMStatus over =
                plan(with(vm(RunStrategy.RerunOnFailure), running()), off, NOW).status();

        assertThat(plan(with(vm, over), off, LATER).action()).isEqualTo(DELETE);
        assertThat(plan(with(vm, over), null, LATER).action()).isInstanceOf(CreatePod.class);
    }

    @ParameterizedTest
    @CsvSource({"now", "2026-11-22", "2026-11-22 12:00:00Z", "1795348800", "''"})
    void reportsAnInvalidTimeOnceAndChangesNothing(String text) {
        VmPlan plan = plan(asked(text, running()), started(pod("pod-1"), 60), NOW);

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().phase()).isEqualTo(Phase.Running);
        Condition reported = find(plan.status(), "RestartPossible").orElseThrow();
        assertThat(reported.getStatus()).isEqualTo("False");
        assertThat(reported.getReason()).isEqualTo("InvalidRestartedAt");
        assertThat(reported.getMessage())
                .startsWith(
                        "annotation holdfast.dev/restartedAt is \"" + text + "\", so nothing is restarted; it must be");
        assertThat(StatusEvents.between(running(), plan.status()))
                .singleElement()
                .satisfies(notice -> {
                    assertThat(notice.warning()).isTrue();
                    assertThat(notice.cause().message()).isEqualTo(reported.getMessage());
                });

        // And it is written once, and removed with its cause.
        assertThat(plan(asked(text, plan.status()), started(pod("pod-1"), 60), LATER)
                        .status())
                .isEqualTo(plan.status());
        assertThat(plan(with(vm(), plan.status()), started(pod("pod-1"), 60), LATER)
                        .status())
                .isEqualTo(running());
    }

    @Test
    void shortensALongAnnotation() {
        VmPlan plan = plan(asked("x\n".repeat(1000), running()), started(pod("pod-1"), 60), NOW);

        assertThat(find(plan.status(), "RestartPossible").orElseThrow().getMessage())
                .hasSizeLessThan(250)
                .doesNotContain("\n");
    }

    @Test
    void refusesTheRestartOfAMachineThatRunsOnceOrCouldNotBeMade() {
        PassthroughVM once = asked("2026-11-22T12:00:00Z", running());
        once.setSpec(vm(RunStrategy.Once).getSpec());
        PassthroughVM invalid = asked("2026-11-22T12:00:00Z", running());
        invalid.setSpec(vm("memory: {guest: 1Gi}").getSpec());
        invalid.getMetadata().setGeneration(2L);

        VmPlan ofOnce = plan(once, started(pod("pod-1"), 60), NOW);
        VmPlan ofInvalid = plan(invalid, started(pod("pod-1"), 60), NOW);

        assertThat(List.of(ofOnce, ofInvalid)).allSatisfy(plan -> {
            assertThat(plan.action()).isInstanceOf(Nothing.class);
            assertThat(plan.status().phase()).isEqualTo(Phase.Running);
        });
        assertThat(find(ofOnce.status(), "RestartPossible").orElseThrow().getReason())
                .isEqualTo("RunStrategyOnce");
        assertThat(find(ofInvalid.status(), "RestartPossible").orElseThrow()).satisfies(reported -> {
            assertThat(reported.getReason()).isEqualTo("InvalidSpec");
            assertThat(reported.getMessage()).contains("is delayed", "spec.devices: Required value");
        });
    }
}
