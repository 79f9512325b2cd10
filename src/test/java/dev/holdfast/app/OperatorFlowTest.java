package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.Slow;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.plan.lifecycle.RestartBackoff;
import dev.holdfast.plan.pod.StopHook;
import dev.holdfast.retry.Backoff;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The real operator with the embedded API server; the test acts as user, scheduler, kubelet and agent. */
@Slow
final class OperatorFlowTest {
    private static final RestartBackoff QUICK =
            new RestartBackoff(new Backoff(Duration.ofMillis(300), Duration.ofSeconds(1)), Duration.ofMinutes(10));
    /** Longer than any of these tests, so that intermediate states are never written. */
    private static final Duration SETTLE = Duration.ofMinutes(10);

    /** Time limit for a busy machine; a test that passes does not wait for it. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final VmWorld world = new VmWorld();
    private final WriteRecorder recorder = new WriteRecorder();
    private SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private OperatorService operator = operator();

    @BeforeEach
    void start() throws InterruptedException {
        operator.start();
    }

    @AfterEach
    void stop() {
        operator.close();
        world.close();
    }

    @Test
    void startsAVmWithThreeWritesOfItsOwnAndNoneAfterwards() {
        // Given / When
        world.createVm();
        bound();
        world.schedule();
        world.startContainer();
        Grant grant = world.grant();

        // Then
        eventually(() -> world.phase() == Phase.Running);
        PassthroughVMStatus status = world.status();
        assertThat(status.nodeName()).isEqualTo(VmWorld.NODE);
        assertThat(status.podUID()).isEqualTo(world.podUid());
        assertThat(status.devices()).isEqualTo(grant.devices());
        assertThat(status.memlock()).satisfies(memlock -> {
            assertThat(memlock.appliedBytes()).isEqualTo(memlock.limitBytes()).isEqualTo(grant.appliedBytes());
            assertThat(memlock.lockedBytes()).isEqualTo(grant.lockedBytes());
            assertThat(memlock.terms()).isNotEmpty();
        });
        assertThat(recorder.writes())
                .containsExactly(
                        "POST /api/v1/namespaces/default/pods",
                        "PATCH /apis/holdfast.dev/v1alpha1/namespaces/default/passthroughvms/gpu-vm/status",
                        "PATCH /apis/holdfast.dev/v1alpha1/namespaces/default/passthroughvms/gpu-vm/status");

        assertThat(Objects.requireNonNull(status.startTimes()).running()).isNotNull();
        eventually(() -> meters.find("holdfast.vm.start").tag("phase", "Total").timer() != null);
        assertThat(meters.get("holdfast.vm.start").tag("phase", "Total").timer().count())
                .isEqualTo(1);

        // And when watched objects change without new information, nothing is written.
        world.grant();
        world.startContainer();
        await().during(Duration.ofMillis(500)).until(() -> recorder.writes().size() == 3);
        assertThat(meters.get("holdfast.vms").tag("phase", "Running").gauge().value())
                .isEqualTo(1);
        assertThat(meters.get("holdfast.vm.start").tag("phase", "Total").timer().count())
                .isEqualTo(1);
    }

    @Test
    void continuesAfterAKilledOperator() throws InterruptedException {
        // Given a pod that was made and bound
        world.createVm();
        bound();
        String pod = world.podUid();
        Memlock planned = Objects.requireNonNull(world.status().memlock());

        // When another operator takes over
        operator.close();
        world.schedule();
        world.startContainer();
        operator = operator();
        operator.start();
        world.grant();

        // Then
        eventually(() -> world.phase() == Phase.Running);
        assertThat(world.podUid()).isEqualTo(pod);
        assertThat(world.status().restarts()).isZero();
        assertThat(world.status().memlock())
                .satisfies(memlock -> assertThat(memlock.terms()).isEqualTo(planned.terms()));
    }

    @Test
    void writesNoStatusForAVmThatWasRecreatedMeanwhile() {
        // Given an operator that is about to bind a pod
        recorder.hold("/status");
        world.createVm();
        eventually(recorder::holdsOne);

        // When another VM of the same name replaces the first one
        world.deleteVm();
        String successor = world.createVm().getMetadata().getUid();
        recorder.release();

        // Then it is not bound to the pod of the first, and gets its own when that is gone
        eventually(() -> world.readyReason().equals("PodLeaving"));
        assertThat(world.status().podUID()).isNull();
        world.removePod();
        eventually(() -> world.status().podUID() != null);
        assertThat(world.vm().getMetadata().getUid()).isEqualTo(successor);
        assertThat(world.status().podUID()).isEqualTo(world.podUid());
    }

    @Test
    void plansAgainWhenTheVmWasChangedMeanwhile() {
        // Given an operator that is about to bind a pod
        recorder.hold("/status");
        world.createVm();
        eventually(recorder::holdsOne);

        // When
        world.run(RunStrategy.Halted);
        recorder.release();

        // Then nothing was bound, and so nothing could start
        eventually(() -> world.phase() == Phase.Stopped);
        assertThat(world.pod()).isNull();
        assertThat(world.events()).noneMatch(event -> event.getReason().equals("Scheduling"));
    }

    @Test
    void bindsAPodWhoseStatusWasNeverWritten() throws InterruptedException {
        // Given an operator that was killed between the pod and the status
        world.createVm();
        bound();
        operator.close();
        String pod = world.podUid();
        world.forgetStatus();

        // When
        operator = operator();
        operator.start();

        // Then
        eventually(() -> pod.equals(world.status().podUID()));
        assertThat(world.podUid()).isEqualTo(pod);
        assertThat(world.status().memlock()).isNotNull();
        assertThat(recorder.writes().stream().filter(write -> write.startsWith("POST")))
                .hasSize(1);
    }

    @Test
    void reportsOnceThatQemuMapsMoreThanTheModelComputes() {
        // Given
        world.createVm();
        bound();
        world.schedule();
        world.startContainer();
        long required = Objects.requireNonNull(world.status().memlock()).requiredBytes();

        // When
        world.grant(required + 4096);

        // Then
        eventually(() -> world.phase() == Phase.Running);
        assertThat(world.status().memlock())
                .satisfies(memlock -> assertThat(memlock.measuredBytes()).isEqualTo(required + 4096));
        eventually(() -> modelBelowMeasurement() == 1);
        eventually(() ->
                world.events().stream().anyMatch(event -> event.getReason().equals("ModelBelowMeasurement")));
        assertThat(world.events())
                .filteredOn(event -> event.getReason().equals("ModelBelowMeasurement"))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getType()).isEqualTo("Warning");
                    assertThat(event.getNote()).contains(String.valueOf(required), String.valueOf(required + 4096));
                });

        // And not again with another report of the agent.
        world.grant(required + 4096);
        world.startContainer();
        await().during(Duration.ofMillis(500)).until(() -> modelBelowMeasurement() == 1);
    }

    private double modelBelowMeasurement() {
        return meters.get("holdfast.memlock.model.below.measurement").counter().count();
    }

    @Test
    void keepsAFailedPodForItsLogAndThenReplacesIt() {
        // Given
        world.createVm();
        bound();
        String first = world.podUid();
        world.schedule();

        // When
        world.endContainer(1, "the agent refuses the grant: the process is outside any pod");

        // Then
        eventually(() -> world.phase() == Phase.Failed);
        assertThat(world.readyReason()).isEqualTo("LaunchFailed");
        assertThat(world.status().nextStartTime()).isNotNull();
        // The API server removes an ended pod at once.
        eventually(() -> !world.podUid().equals(first));
        bound();
        assertThat(world.podUid()).isNotEqualTo(first);
        assertThat(world.status().restarts()).isEqualTo(1);
        assertThat(world.status().nextStartTime()).isNull();
        assertThat(world.events()).anySatisfy(event -> {
            assertThat(event.getType()).isEqualTo("Warning");
            assertThat(event.getReason()).isEqualTo("LaunchFailed");
            assertThat(event.getNote()).contains("outside any pod");
        });
    }

    @Test
    void waitsForTheFormerProcessBeforeItCreatesAnotherPod() {
        // Given a running VM
        running();
        String first = world.podUid();

        // When its pod vanishes and the agent still reports the process
        world.removePod();

        // Then
        eventually(() -> world.readyReason().equals("FormerProcessAlive"));
        assertThat(world.pod()).isNull();

        // When the process is gone
        world.report(DeviceState.Free, null);

        // Then
        eventually(() -> !world.podUid().isEmpty()
                && world.podUid().equals(world.status().podUID()));
        assertThat(world.podUid()).isNotEqualTo(first);
        assertThat(world.status().restarts()).isEqualTo(1);
    }

    @Test
    void neverChangesAPodOfAnotherOwner() {
        // Given
        world.createForeignPod();
        String foreign = world.podUid();

        // When
        world.createVm();

        // Then
        eventually(() -> world.readyReason().equals("NameTaken"));
        assertThat(world.podUid()).isEqualTo(foreign);
        // The API server answers with a conflict, and there is no other request.
        assertThat(recorder.writes())
                .filteredOn(write -> write.contains("/pods"))
                .allMatch("POST /api/v1/namespaces/default/pods"::equals);

        // And when the name is free, the VM starts.
        world.removePod();
        bound();
        assertThat(world.podUid()).isNotEqualTo(foreign);
    }

    @Test
    void createsTheClaimForItsStateOnceAndBeforeThePod() {
        // Given
        world.createVmWithState();
        bound();
        assertThat(recorder.writes())
                .startsWith(
                        "POST /api/v1/namespaces/default/persistentvolumeclaims",
                        "POST /api/v1/namespaces/default/pods");

        // When the machine starts again
        String first = world.podUid();
        world.removePod();
        eventually(() -> !world.podUid().isEmpty() && !world.podUid().equals(first));

        // Then
        assertThat(recorder.writes())
                .filteredOn(write -> write.contains("persistentvolumeclaims"))
                .hasSize(1);
    }

    @Test
    void neverChangesAClaimOfAnotherOwner() {
        // Given
        world.createForeignClaim();

        // When
        world.createVmWithState();

        // Then
        eventually(() -> world.readyReason().equals("NameTaken"));
        assertThat(world.pod()).isNull();
        assertThat(recorder.writes()).noneMatch(write -> write.contains("persistentvolumeclaims"));

        // And when the name is free, the VM starts.
        world.removeClaim();
        bound();
    }

    @Test
    void powersOffWhenHaltedAndStartsAgainAtOnce() {
        // Given
        running();
        String first = world.podUid();

        // When
        world.run(RunStrategy.Halted);

        // Then
        eventually(() -> world.phase() == Phase.Stopping && isTerminating(world.pod()));
        world.removePod();
        world.report(DeviceState.Free, null);
        eventually(() -> world.phase() == Phase.Stopped);
        assertThat(world.status().podUID()).isNull();
        assertThat(world.status().memlock()).isNull();

        // When
        world.run(RunStrategy.Always);

        // Then
        bound();
        assertThat(world.podUid()).isNotEqualTo(first);
        assertThat(world.status().restarts()).isZero();
    }

    @Test
    void restartsAVmOnceForEachRequest() {
        // Given a running VM
        running();
        String first = world.podUid();
        int before = recorder.writes().size();

        // When the requested time is invalid
        world.askForRestart("now");

        // Then it is only reported
        eventually(() -> isReported("InvalidRestartedAt"));
        eventually(() -> recorder.writes().size() == before + 1);
        assertThat(world.podUid()).isEqualTo(first);
        assertThat(isTerminating(world.pod())).isFalse();

        // When it is a time, even a day in the future
        String asked = Instant.now().plus(Duration.ofDays(1)).toString();
        world.askForRestart(asked);

        // Then the pod is deleted, once
        eventually(() -> isTerminating(world.pod()));
        eventually(() -> world.readyReason().equals("Restarting"));
        world.removePod();
        world.report(DeviceState.Free, null);

        // And another pod follows, which is kept
        bound();
        world.schedule();
        world.startContainer();
        world.grant();
        eventually(() -> world.phase() == Phase.Running);
        String second = world.podUid();
        assertThat(second).isNotEqualTo(first);
        assertThat(world.status().restartedAt()).isEqualTo(asked);
        assertThat(world.status().restarts()).isZero();
        assertThat(world.status().conditions())
                .extracting(Condition::getType)
                .doesNotContain("RestartPossible", "RestartRequired");
        int steady = recorder.writes().size();
        world.startContainer();
        await().during(Duration.ofMillis(500)).until(() -> recorder.writes().size() == steady);
        assertThat(world.podUid()).isEqualTo(second);
        assertThat(recorder.writes().stream().filter(write -> write.startsWith("DELETE")))
                .hasSize(1);
    }

    private boolean isReported(String reason) {
        return world.events().stream().anyMatch(event -> event.getReason().equals(reason));
    }

    @Test
    void startsAGuestThatPoweredItselfOffOnlyOnRequest() {
        // Given
        world.createVm();
        world.run(RunStrategy.RerunOnFailure);
        bound();
        String first = world.podUid();
        world.schedule();

        // When
        world.endContainer(0, null);

        // Then
        eventually(() -> world.phase() == Phase.Succeeded);
        assertThat(world.status().nextStartTime()).isNull();
        await().during(Duration.ofMillis(800)).until(() -> world.podUid().equals(first));

        // When
        world.run(RunStrategy.Always);

        // Then
        eventually(() -> !world.podUid().equals(first));
        bound();
    }

    @Test
    void reportsTheDriverThatBlocksTheDevice() {
        // Given
        world.report(DeviceState.NotViable, "its group has 0000:01:00.1 on driver snd_hda_intel; bind it to vfio-pci");

        // When
        world.createVm();
        bound();
        world.refuseToSchedule("0/1 nodes are available: 1 Insufficient holdfast.dev/test-gpu.");

        // Then
        eventually(() -> world.readyReason().equals("DeviceNotViable"));
        assertThat(world.status().printableStatus()).isEqualTo("DeviceNotViable");
        assertThat(world.status().conditions()).anySatisfy(condition -> {
            assertThat(condition.getType()).isEqualTo("DevicesAllocated");
            assertThat(condition.getMessage()).contains("0000:01:00.1", "snd_hda_intel", VmWorld.NODE);
        });

        // When the agent reports the device as viable, the message changes without a change of the pod.
        world.report(DeviceState.Free, null);

        // Then
        eventually(() -> world.readyReason().equals("Unschedulable"));
    }

    @Test
    void leavesTheRestToTheGarbageCollectorWhenAVmIsDeleted() {
        // Given
        running();

        // When
        world.deleteVm();
        world.removePod();

        // Then
        await().during(Duration.ofMillis(800)).until(() -> world.pod() == null);
    }

    private void running() {
        world.createVm();
        bound();
        world.schedule();
        world.startContainer();
        world.grant();
        eventually(() -> world.phase() == Phase.Running);
    }

    private void bound() {
        eventually(() -> !world.podUid().isEmpty()
                && world.podUid().equals(world.status().podUID()));
    }

    private static void eventually(Callable<Boolean> holds) {
        await().atMost(PATIENCE).until(holds);
    }

    private static boolean isTerminating(@Nullable Pod pod) {
        return pod == null || pod.isMarkedForDeletion();
    }

    private OperatorService operator() {
        meters = new SimpleMeterRegistry();
        return new OperatorService(
                recorder.client(world.server.url()),
                new OperatorSettings(
                        "launcher:test", true, OperatorSettings.COMPUTED_POLICIES, QUICK, SETTLE, null, StopHook.Java),
                "test",
                Optional.empty(),
                meters,
                Clock.systemUTC());
    }
}
