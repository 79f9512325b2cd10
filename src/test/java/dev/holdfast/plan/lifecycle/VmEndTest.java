package dev.holdfast.plan.lifecycle;

import static dev.holdfast.plan.lifecycle.PlanFixtures.IDLE;
import static dev.holdfast.plan.lifecycle.PlanFixtures.bound;
import static dev.holdfast.plan.lifecycle.PlanFixtures.boundVm;
import static dev.holdfast.plan.lifecycle.PlanFixtures.message;
import static dev.holdfast.plan.lifecycle.PlanFixtures.plan;
import static dev.holdfast.plan.lifecycle.PlanFixtures.readyMessage;
import static dev.holdfast.plan.lifecycle.PlanFixtures.readyReason;
import static dev.holdfast.plan.lifecycle.PlanFixtures.running;
import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.ended;
import static dev.holdfast.testbed.fixtures.Samples.halted;
import static dev.holdfast.testbed.fixtures.Samples.leaving;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.status.StatusEvents;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests of a VM's end, and of its restart. */
final class VmEndTest {
    @Test
    void backsOffAfterAFailureAndKeepsThePodForItsLog() {
        // Given
        Pod failed = ended(pod("pod-1"), 3, Duration.ofSeconds(3), "the agent refuses the grant\n");

        // When
        VmPlan plan = plan(boundVm(), failed);

        // Then
        Instant due = NOW.plusSeconds(10);
        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().phase()).isEqualTo(Phase.Failed);
        assertThat(plan.status().nextStartTime()).isEqualTo(due.toString());
        assertThat(plan.recheck()).contains(due);
        assertThat(readyReason(plan)).isEqualTo("LaunchFailed");
        assertThat(StatusEvents.between(bound(), plan.status())).singleElement().satisfies(notice -> {
            assertThat(notice.warning()).isTrue();
            assertThat(notice.cause().message()).isEqualTo("the agent refuses the grant");
        });

        // And when the restart is due, only that pod is deleted.
        VmPlan later =
                Samples.planned(ObservedStates.of(Samples.with(vm(), plan.status()), failed, IDLE), DEFAULTS, due);
        assertThat(later.action()).isEqualTo(new DeletePod("gpu-vm", "pod-1", Optional.empty()));
        assertThat(later.status()).isEqualTo(plan.status());

        // And while it is being deleted, the status still has the reason of the failure.
        VmPlan going = Samples.planned(
                ObservedStates.of(Samples.with(vm(), plan.status()), leaving(failed), IDLE), DEFAULTS, due);
        assertThat(going).isEqualTo(VmPlan.nothing(plan.status()));

        // And when it is gone, another is created, which counts as a restart.
        VmPlan gone = Samples.planned(ObservedStates.of(Samples.with(vm(), plan.status()), null, IDLE), DEFAULTS, due);
        assertThat(gone.action()).isInstanceOf(CreatePod.class);
        VmPlan next = plan(Samples.with(vm(), plan.status()), pod("pod-2"));
        assertThat(next.status().restarts()).isEqualTo(1);
        assertThat(next.status().nextStartTime()).isNull();
    }

    @ParameterizedTest
    @CsvSource({"137,GuestFailed,signal 9", "1,GuestPanicked,kernel panicked", "0,GuestStopped,powered itself off"})
    void reportsHowQemuEnded(int exitCode, String reason, String message) {
        VmPlan plan = plan(Samples.with(vm(), running()), ended(pod("pod-1"), exitCode, Duration.ofSeconds(30), null));

        assertThat(readyReason(plan)).isEqualTo(reason);
        assertThat(readyMessage(plan)).contains(message);
        assertThat(plan.status().memlock()).isEqualTo(running().memlock());
        assertThat(plan.status().nextStartTime()).isNotNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "VFIO_MAP_DMA failed: Cannot allocate memory | RLIMIT_MEMLOCK in the kernel log",
                "vfio_dma_map(0x55, 0x0, 0x8, 0x7f) = -12 (Cannot allocate memory) | docs/memlock.md",
                "vfio_dma_map(0x55, 0xe0, 0x8, 0x7f) = -22 (Invalid argument) | docs/troubleshooting.md",
                "vfio_container_dma_map(0x55, 0x0, 0x8, 0x7f) = -12 (Cannot allocate memory) | docs/memlock.md",
                "vfio_container_dma_map(0x55, 0xe0, 0x8, 0x7f) = -22 (Invalid argument) | docs/troubleshooting.md",
            })
    void advisesWhenVfioCannotMap(String error, String message) {
        String output = "2026-11-22T12:00:00.000001Z qemu-system-x86_64: " + error
                + "\r\nqemu-system-x86_64: -device vfio-pci,host=0000:01:00.0: memory listener initialization failed\r\n";

        VmPlan plan = plan(Samples.with(vm(), running()), ended(pod("pod-1"), 1, Duration.ofSeconds(1), output));

        assertThat(readyReason(plan)).isEqualTo("QemuFailed");
        assertThat(readyMessage(plan)).contains("memory listener initialization failed", message);
    }

    @ParameterizedTest
    @CsvSource({
        "1, vfio 0000:01:00.0: group 14 is not viable, QemuFailed",
        "134, kvm_set_user_memory_region failed, QemuFailed",
        "1, , GuestPanicked",
        "137, , GuestFailed",
    })
    void quotesTheErrorOfQemuBeforeTheGuestsConsole(int exitCode, @Nullable String error, String reason) {
        String output = "2026-11-22T12:00:00.000001Z qemu-system-x86_64: warning: a feature is missing\r\n"
                + (error == null ? "" : "2026-11-22T12:00:00.000001Z qemu-system-x86_64: " + error + "\r\n")
                + "[    2.1] Kernel panic - not syncing: sysrq triggered crash\r\n";

        VmPlan plan =
                plan(Samples.with(vm(), running()), ended(pod("pod-1"), exitCode, Duration.ofSeconds(30), output));

        assertThat(readyReason(plan)).isEqualTo(reason);
        assertThat(readyMessage(plan))
                .doesNotContain("warning", "sysrq")
                .contains("kubectl logs -n lab gpu-vm")
                .contains(error == null ? "" : "\"" + error + "\"");
    }

    /** QEMU repeats the option, which may be longer than the shown part of its message. */
    @Test
    void omitsTheJsonOptionThatQemuRepeats() {
        String output =
                "qemu-system-x86_64: -blockdev {\"driver\":\"qcow2\",\"file\":{\"filename\":\"%s\"}}: Failed to find file descriptor\n"
                        .formatted("x".repeat(400));

        VmPlan plan = plan(Samples.with(vm(), running()), ended(pod("pod-1"), 1, Duration.ofSeconds(30), output));

        assertThat(readyMessage(plan)).contains("\"-blockdev: Failed to find file descriptor\"");
    }

    @Test
    void reportsTheLastLineOfALauncherThatFailedEarly() {
        Pod failed = ended(pod("pod-1"), 127, Duration.ofSeconds(1), "exec format\u001b error\n\n");

        VmPlan plan = plan(boundVm(), failed);

        assertThat(readyReason(plan)).isEqualTo("LaunchFailed");
        assertThat(readyMessage(plan)).contains("status 127", "and reported \"exec format\\u{1b} error\"");
    }

    @Test
    void reportsTheKubeletsReasonForAPodThatItDidNotAdmit() {
        Pod rejected = Samples.rejected(pod("pod-1"), "UnexpectedAdmissionError", "Allocate failed");

        VmPlan plan = plan(boundVm(), rejected);

        assertThat(readyReason(plan)).isEqualTo("UnexpectedAdmissionError");
        assertThat(plan.status().nextStartTime()).isEqualTo(NOW.plusSeconds(10).toString());
    }

    @ParameterizedTest
    @CsvSource({"599,3,80", "600,0,10"})
    void resetsTheBackOffAfterTenMinutes(long ranSeconds, int restarts, long delaySeconds) {
        PassthroughVMStatus thirdPod = restarted(running(), 3);

        VmPlan plan = plan(Samples.with(vm(), thirdPod), ended(pod("pod-1"), 1, Duration.ofSeconds(ranSeconds), null));

        assertThat(plan.status().restarts()).isEqualTo(restarts);
        assertThat(plan.status().nextStartTime())
                .isEqualTo(NOW.plusSeconds(delaySeconds).toString());
    }

    @Test
    void backsOffWhenThePodVanished() {
        VmPlan plan = plan(Samples.with(vm(), running()), null);

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(readyReason(plan)).isEqualTo("PodVanished");
        assertThat(plan.recheck()).contains(NOW.plusSeconds(10));

        // And the next plan, before that time, changes nothing.
        VmPlan again = plan(Samples.with(vm(), plan.status()), null);
        assertThat(again.status()).isEqualTo(plan.status());
    }

    @Test
    void haltsGracefullyAndDropsThePodWhenItIsGone() {
        VmPlan stop = plan(Samples.with(halted(), running()), started(pod("pod-1"), 60));
        assertThat(stop.action()).isEqualTo(new DeletePod("gpu-vm", "pod-1", Optional.empty()));
        assertThat(stop.status().phase()).isEqualTo(Phase.Stopping);

        VmPlan stopping = plan(Samples.with(halted(), stop.status()), leaving(started(pod("pod-1"), 60)));
        assertThat(stopping).isEqualTo(VmPlan.nothing(stop.status()));

        VmPlan stopped = plan(Samples.with(halted(), stop.status()), null);
        assertThat(stopped.status().phase()).isEqualTo(Phase.Stopped);
        assertThat(stopped.status().podUID()).isNull();
        assertThat(stopped.status().memlock()).isNull();
        assertThat(plan(Samples.with(halted(), stopped.status()), null).status())
                .isEqualTo(stopped.status());
    }

    @Test
    void startsWithoutBackOffWhenHaltedOnlyBriefly() {
        // Given a VM that is to run again while its pod is still stopping
        PassthroughVMStatus stopping = plan(Samples.with(halted(), restarted(running(), 3)), started(pod("pod-1"), 60))
                .status();

        // When
        VmPlan waiting = plan(Samples.with(vm(), stopping), leaving(started(pod("pod-1"), 60)));
        VmPlan gone = plan(Samples.with(vm(), waiting.status()), null);
        VmPlan next = plan(Samples.with(vm(), waiting.status()), pod("pod-2"));

        // Then
        assertThat(waiting.status().phase()).isEqualTo(Phase.Stopping);
        assertThat(gone.action()).isInstanceOf(CreatePod.class);
        assertThat(next.status().restarts()).isZero();
    }

    private static PassthroughVMStatus restarted(PassthroughVMStatus status, int restarts) {
        return Statuses.with(status, Map.of("restarts", restarts));
    }
}
