package dev.holdfast.plan.lifecycle;

import static dev.holdfast.plan.lifecycle.LifeFixtures.DELETE;
import static dev.holdfast.plan.lifecycle.LifeFixtures.GRANTED;
import static dev.holdfast.plan.lifecycle.LifeFixtures.LATER;
import static dev.holdfast.plan.lifecycle.LifeFixtures.changed;
import static dev.holdfast.plan.lifecycle.LifeFixtures.plan;
import static dev.holdfast.plan.lifecycle.LifeFixtures.ready;
import static dev.holdfast.plan.lifecycle.LifeFixtures.restarted;
import static dev.holdfast.plan.lifecycle.LifeFixtures.running;
import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
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
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Run strategies and back-off. */
final class VmLifeTest {

    @ParameterizedTest
    @CsvSource({
        "Always,         0, Succeeded, true",
        "Always,         1, Failed,    true",
        "RerunOnFailure, 0, Succeeded, false",
        "RerunOnFailure, 1, Failed,    true",
        "Once,           0, Succeeded, false",
        "Once,           1, Failed,    false",
    })
    void startsAgainByItsRunStrategy(RunStrategy strategy, int exitCode, Phase phase, boolean again) {
        Pod pod = ended(pod("pod-1"), exitCode, Duration.ofSeconds(30), null);

        PassthroughVMStatus status =
                plan(with(vm(strategy), running()), pod, NOW).status();
        VmPlan later = plan(with(vm(strategy), status), pod, LATER);

        assertThat(status.phase()).isEqualTo(phase);
        assertThat(status.nextStartTime() != null).isEqualTo(again);
        assertThat(later.status()).isEqualTo(status);
        assertThat(later.action()).isEqualTo(again ? DELETE : new Nothing());
        assertThat(ready(status)
                        .getMessage()
                        .contains("spec.runStrategy is " + strategy + ", so the machine stays off"))
                .isEqualTo(!again);
        if (!again) {
            assertThat(later.recheck()).isEmpty();
            // And it stays so while its pod is deleted, and without one.
            assertThat(plan(with(vm(strategy), status), leaving(pod), LATER)).isEqualTo(VmPlan.nothing(status));
            VmPlan gone = plan(with(vm(strategy), status), null, LATER);
            assertThat(gone.action()).isInstanceOf(Nothing.class);
            assertThat(gone.status().phase()).isEqualTo(phase);
            assertThat(ready(gone.status()).getReason()).isEqualTo(ready(status).getReason());
            assertThat(ready(gone.status()).getMessage()).contains("pod gpu-vm is gone", "stays off");
            assertThat(plan(with(vm(strategy), gone.status()), null, LATER)).isEqualTo(VmPlan.nothing(gone.status()));
        }
    }

    @ParameterizedTest
    @CsvSource({"Always, true", "RerunOnFailure, true", "Once, false"})
    void countsADeletedPodAsAFailure(RunStrategy strategy, boolean again) {
        VmPlan going = plan(with(vm(strategy), running()), leaving(started(pod("pod-1"), 60)), NOW);
        VmPlan gone = plan(with(vm(strategy), going.status()), null, NOW);
        VmPlan later = plan(with(vm(strategy), gone.status()), null, LATER);

        assertThat(ready(going.status()).getMessage().contains("a new pod follows"))
                .isEqualTo(again);
        assertThat(gone.status().phase()).isEqualTo(Phase.Failed);
        assertThat(ready(gone.status()).getReason()).isEqualTo("PodVanished");
        assertThat(gone.status().nextStartTime() != null).isEqualTo(again);
        assertThat(later.action() instanceof CreatePod).isEqualTo(again);
        assertThat(later.status()).isEqualTo(gone.status());
    }

    @ParameterizedTest
    @CsvSource({
        "Once,           0, Always,         true",
        "Once,           1, Always,         true",
        "Once,           0, RerunOnFailure, false",
        "Once,           1, RerunOnFailure, true",
        "RerunOnFailure, 0, Always,         true",
        "RerunOnFailure, 0, Once,           false",
        "Always,         0, RerunOnFailure, false",
        "Always,         1, RerunOnFailure, true",
        "Always,         1, Once,           false",
    })
    void appliesAStrategyThatIsChangedAfterTheEnd(
            RunStrategy strategy, int exitCode, RunStrategy changed, boolean again) {
        Pod pod = ended(pod("pod-1"), exitCode, Duration.ofSeconds(30), null);
        PassthroughVMStatus over = plan(with(vm(strategy), running()), pod, NOW).status();

        // With the pod still there, and without it
        PassthroughVMStatus status = plan(with(vm(changed), over), pod, LATER).status();
        VmPlan kept = plan(with(vm(changed), status), pod, LATER);
        VmPlan gone = plan(with(vm(changed), over), null, LATER);

        assertThat(kept.action()).isEqualTo(again ? DELETE : new Nothing());
        assertThat(gone.action() instanceof CreatePod).isEqualTo(again);
        if (!again) {
            assertThat(kept.recheck()).isEmpty();
            assertThat(kept.status().nextStartTime()).isNull();
            assertThat(gone.status().nextStartTime()).isNull();
            assertThat(ready(kept.status()).getMessage()).contains("spec.runStrategy is " + changed);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"Always", "RerunOnFailure", "Once"})
    void runsAgainAfterItWasHalted(RunStrategy strategy) {
        PassthroughVMStatus over = plan(
                        with(vm(RunStrategy.Once), running()),
                        ended(pod("pod-1"), 1, Duration.ofSeconds(30), null),
                        NOW)
                .status();

        VmPlan stop =
                plan(with(vm(RunStrategy.Halted), over), ended(pod("pod-1"), 1, Duration.ofSeconds(30), null), LATER);
        VmPlan stopped = plan(with(vm(RunStrategy.Halted), stop.status()), null, LATER);
        VmPlan start = plan(with(vm(strategy), stopped.status()), null, LATER);
        VmPlan soon = plan(with(vm(strategy), stop.status()), leaving(pod("pod-1")), LATER);

        assertThat(stop.action()).isEqualTo(DELETE);
        assertThat(stopped.status().phase()).isEqualTo(Phase.Stopped);
        assertThat(start.action()).isInstanceOf(CreatePod.class);
        assertThat(ready(soon.status()).getMessage()).startsWith("spec.runStrategy is " + strategy + " again");
    }

    @Test
    void doesNotCountAnUnboundPodAsARun() {
        PassthroughVM changed = vm(RunStrategy.Once);
        changed.getMetadata().setGeneration(2L);

        VmPlan outdated = plan(changed, pod("pod-1"), NOW);
        VmPlan going = plan(with(changed, outdated.status()), leaving(pod("pod-1")), NOW);
        VmPlan gone = plan(with(changed, going.status()), null, NOW);

        assertThat(outdated.action()).isEqualTo(DELETE);
        assertThat(ready(going.status()).getMessage()).contains("a new pod follows");
        assertThat(gone.action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void waitsForTheFormerProcessOfAMachineThatIsToRunAgain() {
        PassthroughVMStatus over = plan(
                        with(vm(RunStrategy.Once), running()),
                        ended(pod("pod-1"), 1, Duration.ofSeconds(30), null),
                        NOW)
                .status();

        VmPlan waits = Samples.planned(ObservedStates.of(with(vm(), over), null, GRANTED), DEFAULTS, LATER);
        VmPlan freed = plan(with(vm(), waits.status()), null, LATER);

        assertThat(ready(waits.status()).getReason()).isEqualTo("FormerProcessAlive");
        assertThat(freed.action()).isInstanceOf(CreatePod.class);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0, GuestPanicked",
        "1, 1, CrashLoopBackOff",
        "1, 4, CrashLoopBackOff",
        "0, 4, Succeeded",
    })
    void showsACrashLoopFromTheSecondRestartOn(int exitCode, int restarts, String printable) {
        PassthroughVMStatus status = plan(
                        with(vm(), restarted(running(), restarts)),
                        ended(pod("pod-1"), exitCode, Duration.ofSeconds(30), null),
                        NOW)
                .status();

        assertThat(status.printableStatus()).isEqualTo(printable);
        if (printable.equals("CrashLoopBackOff")) {
            assertThat(ready(status).getReason()).isEqualTo("GuestPanicked");
            assertThat(ready(status).getMessage())
                    .startsWith("the guest's kernel panicked")
                    .contains(restarts == 1 ? "restarted once already" : "restarted 4 times already")
                    .endsWith("the next start is at " + status.nextStartTime());
        } else {
            assertThat(ready(status).getMessage()).doesNotContain("next start");
        }
    }

    /** The Warning PodVanished is for pods without a reported disruption. */
    @Test
    void doesNotWarnOfADrainedPod() {
        Pod evicted = Samples.drained(started(pod("pod-1"), 60));
        VmPlan going = plan(with(vm(), running()), evicted, NOW);
        VmPlan gone = plan(with(vm(), going.status()), null, NOW);

        assertThat(ready(going.status()).getReason()).isEqualTo("PodEvicted");
        assertThat(ready(gone.status()).getReason()).isEqualTo("PodEvicted");
        assertThat(ready(gone.status()).getMessage())
                .contains("was removed from its node and is gone; a new pod follows");
        assertThat(gone.status().nextStartTime()).isNotNull();
        assertThat(plan(with(vm(), gone.status()), null, LATER).action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void showsACrashLoopOfPodsThatVanishToo() {
        PassthroughVMStatus status =
                plan(with(vm(), restarted(running(), 2)), null, NOW).status();

        assertThat(status.printableStatus()).isEqualTo("CrashLoopBackOff");
        assertThat(ready(status).getReason()).isEqualTo("PodVanished");
        assertThat(ready(status).getMessage()).endsWith("the next start is at " + status.nextStartTime());
        assertThat(plan(with(vm(RunStrategy.Once), restarted(running(), 2)), null, NOW)
                        .status()
                        .printableStatus())
                .isEqualTo("PodVanished");
    }
}
