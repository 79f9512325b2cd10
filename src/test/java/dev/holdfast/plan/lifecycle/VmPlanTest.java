package dev.holdfast.plan.lifecycle;

import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.device;
import static dev.holdfast.testbed.fixtures.Samples.ended;
import static dev.holdfast.testbed.fixtures.Samples.foreign;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.halted;
import static dev.holdfast.testbed.fixtures.Samples.leaving;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.scheduled;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.BarType;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceBar;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.memlock.Policy;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.StateClaim;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.plan.status.StatusEvents;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import dev.holdfast.testbed.fixtures.Samples;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Decisions during the life cycle of a VM. */
final class VmPlanTest {
    private static final PassthroughNode IDLE = node(List.of(device("0000:01:00.0", DeviceState.Free, null)));
    private static final long LIMIT = 135528448;

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

        PassthroughVMStatus bound = Samples.planned(
                        new ObservedState(unlimited(), Optional.of(pod), List.of(IDLE), Samples.CLASSES), any, NOW)
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
                        new ObservedState(
                                Samples.with(unlimited(), bound),
                                Optional.of(started(pod, 1)),
                                List.of(node(List.of(), infinite)),
                                Samples.CLASSES),
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

    private static PassthroughVM unlimited() {
        return Samples.vm("""
                memory: {guest: 128Mi, memlock: {policy: Unlimited}}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """);
    }

    private static String message(PassthroughVMStatus status, String type) {
        return VmConditions.find(status.conditions(), type).orElseThrow().getMessage();
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

    @Test
    void runsOnceTheGrantOfItsOwnPodIsReportedByItsOwnNode() {
        VmPlan plan = plan(boundVm(), started(pod("pod-1"), 1), node(List.of(), grant("pod-1", VM_UID, 134217728L)));

        assertThat(plan.status().phase()).isEqualTo(Phase.Running);
        assertThat(plan.status().memlock()).satisfies(memlock -> {
            assertThat(memlock.appliedBytes()).isEqualTo(LIMIT);
            assertThat(memlock.lockedBytes()).isEqualTo(134217728L);
        });
        assertThat(plan.status().devices()).extracting("name").containsExactly("gpu0");
        assertThat(plan.status().conditions())
                .allSatisfy(condition -> assertThat(condition.getStatus()).isEqualTo("True"));
        assertThat(plan.recheck()).isEmpty();
    }

    @Test
    void warnsOnceOfLowHeadroomAndRevokesTheWarning() {
        long low = LIMIT - 4096;
        PassthroughVMStatus running = running(boundVm(), 134217728L);
        assertThat(StatusEvents.between(boundVm().getStatus(), running)).noneMatch(StatusEvents::warning);

        // When QEMU locks nearly all, and stays there
        PassthroughVMStatus near = running(Samples.with(vm(), running), low);
        assertThat(near.conditions()).anySatisfy(condition -> {
            assertThat(condition.getType()).isEqualTo("MemlockHeadroom");
            assertThat(condition.getStatus()).isEqualTo("False");
            assertThat(condition.getReason()).isEqualTo("HeadroomLow");
        });
        assertThat(StatusEvents.between(running, near)).singleElement().satisfies(notice -> {
            assertThat(notice.warning()).isTrue();
            assertThat(notice.cause().reason()).isEqualTo("HeadroomLow");
            assertThat(notice.cause().message())
                    .isEqualTo(message(near, "MemlockHeadroom"))
                    .contains(low + " bytes", "limit of " + LIMIT, "so 4096 are left", "Libvirt");
        });
        assertThat(StatusEvents.between(near, running(Samples.with(vm(), near), low)))
                .isEmpty();
        assertThat(near.phase()).isEqualTo(Phase.Running);

        // And when it has unlocked it
        PassthroughVMStatus again = running(Samples.with(vm(), near), 134217728L);
        assertThat(StatusEvents.between(near, again)).isEmpty();
        assertThat(message(again, "MemlockHeadroom")).contains("134217728 bytes of its limit of " + LIMIT);
        assertThat(StatusEvents.between(again, near)).hasSize(1);
    }

    private static PassthroughVMStatus running(PassthroughVM vm, long lockedBytes) {
        return plan(vm, started(pod("pod-1"), 1), node(List.of(), grant("pod-1", VM_UID, lockedBytes)))
                .status();
    }

    @ParameterizedTest
    @CsvSource({
        "pod-0," + VM_UID + "," + Samples.NODE,
        "pod-1,another-vm," + Samples.NODE,
        "pod-1," + VM_UID + ",node-2"
    })
    void ignoresGrantsOfAnotherPodVmOrNode(String podUid, String vmUid, String nodeName) {
        PassthroughNode reporter = node(List.of(), grant(podUid, vmUid, 134217728L));
        reporter.getMetadata().setName(nodeName);

        VmPlan plan = plan(boundVm(), started(pod("pod-1"), 60), reporter);

        assertThat(readyReason(plan)).isEqualTo("WaitingForGrant");
        assertThat(plan.status().memlock()).isEqualTo(bound().memlock());
    }

    @Test
    void keepsRunningWhileItsAgentRestarts() {
        PassthroughVMStatus running = running();

        VmPlan plan = plan(Samples.with(vm(), running), started(pod("pod-1"), 60));

        assertThat(plan.status()).isEqualTo(running);
    }

    @Test
    void reportsALostDeviceOfARunningVmAndItsReturn() {
        PassthroughNode without =
                node(List.of(device("0000:01:00.0", DeviceState.Missing, null)), grant("pod-1", VM_UID, 134217728L));
        PassthroughNode with =
                node(List.of(device("0000:01:00.0", DeviceState.Allocated, null)), grant("pod-1", VM_UID, 134217728L));

        PassthroughVMStatus lost = plan(Samples.with(vm(), running()), started(pod("pod-1"), 60), without)
                .status();
        PassthroughVMStatus back =
                plan(Samples.with(vm(), lost), started(pod("pod-1"), 60), with).status();

        assertThat(lost.phase()).isEqualTo(Phase.Running);
        assertThat(lost.printableStatus()).isEqualTo("DeviceMissing");
        assertThat(message(lost, "DevicesAllocated"))
                .contains("device gpu0 (0000:01:00.0) vanished from the PCI bus of node node-1");
        assertThat(StatusEvents.between(running(), lost)).singleElement().satisfies(notice -> {
            assertThat(notice.warning()).isTrue();
            assertThat(notice.cause().message()).isEqualTo(message(lost, "Ready"));
        });
        assertThat(readyReason(VmPlan.nothing(back))).isEqualTo("Running");
    }

    @Test
    void isDeterministic() {
        PassthroughNode reporter = node(List.of(), grant("pod-1", VM_UID, 134217728L));

        VmPlan later = Samples.planned(
                new ObservedState(
                        Samples.with(vm(), running()),
                        Optional.of(started(pod("pod-1"), 1)),
                        List.of(reporter),
                        Samples.CLASSES),
                DEFAULTS,
                NOW.plusSeconds(3600));

        assertThat(later.status()).isEqualTo(running());
        assertThat(StatusEvents.between(running(), later.status())).isEmpty();
    }

    @Test
    void warnsOncePerPodWhenMoreWasMeasuredThanCounted() {
        PassthroughVMStatus bound = bound();
        long required = Objects.requireNonNull(bound.memlock()).requiredBytes();
        PassthroughVMStatus above = measured("pod-1", required + 1);

        assertThat(StatusEvents.between(bound, above)).singleElement().satisfies(notice -> {
            assertThat(notice.warning()).isTrue();
            assertThat(notice.cause().reason()).isEqualTo("ModelBelowMeasurement");
            assertThat(notice.cause().message()).contains("computes " + required + ";", (required + 1) + " bytes");
        });
        assertThat(StatusEvents.between(above, above)).isEmpty();
        assertThat(StatusEvents.between(above, measured("pod-2", required + 1))).hasSize(1);
        assertThat(StatusEvents.between(bound, measured("pod-1", required))).isEmpty();
        assertThat(StatusEvents.between(bound, bound)).isEmpty();
    }

    /** Returns a status as read from the API server, with only the measured bytes changed. */
    private static PassthroughVMStatus measured(String podUid, long measuredBytes) {
        PassthroughVMStatus was = bound();
        PassthroughVMStatus.Memlock plan = Objects.requireNonNull(was.memlock());
        PassthroughVMStatus.Memlock memlock = new PassthroughVMStatus.Memlock(
                plan.policy(),
                plan.requiredBytes(),
                plan.marginBytes(),
                plan.limitBytes(),
                plan.maxBytes(),
                plan.unlimited(),
                plan.addressSpaces(),
                plan.terms(),
                measuredBytes,
                plan.appliedBytes(),
                plan.lockedBytes());
        return Statuses.with(was, Map.of("podUID", podUid, "memlock", memlock));
    }

    @Test
    void reportsTheSchedulersMessageWhenDevicesAreFree() {
        VmPlan plan = plan(boundVm(), Samples.unschedulable(pod("pod-1"), "0/1 nodes: Insufficient memory."));

        assertThat(readyReason(plan)).isEqualTo("Unschedulable");
        assertThat(plan.status().conditions())
                .filteredOn(condition -> condition.getType().equals("DevicesAllocated"))
                .singleElement()
                .satisfies(condition -> {
                    assertThat(condition.getStatus()).isEqualTo("False");
                    assertThat(condition.getMessage())
                            .endsWith("the scheduler reports: 0/1 nodes: Insufficient memory.");
                });
    }

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
        VmPlan later = Samples.planned(
                new ObservedState(
                        Samples.with(vm(), plan.status()), Optional.of(failed), List.of(IDLE), Samples.CLASSES),
                DEFAULTS,
                due);
        assertThat(later.action()).isEqualTo(new DeletePod("gpu-vm", "pod-1", Optional.empty()));
        assertThat(later.status()).isEqualTo(plan.status());

        // And while it is being deleted, the status still has the reason of the failure.
        VmPlan going = Samples.planned(
                new ObservedState(
                        Samples.with(vm(), plan.status()),
                        Optional.of(leaving(failed)),
                        List.of(IDLE),
                        Samples.CLASSES),
                DEFAULTS,
                due);
        assertThat(going).isEqualTo(VmPlan.nothing(plan.status()));

        // And when it is gone, another is created, which counts as a restart.
        VmPlan gone = Samples.planned(
                new ObservedState(Samples.with(vm(), plan.status()), Optional.empty(), List.of(IDLE), Samples.CLASSES),
                DEFAULTS,
                due);
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
    void createsNoPodWhileAProcessOfTheFormerPodRuns() {
        PassthroughVMStatus due = plan(Samples.with(vm(), running()), null).status();

        VmPlan plan = Samples.planned(
                new ObservedState(
                        Samples.with(vm(), due),
                        Optional.empty(),
                        List.of(node(List.of(), grant("pod-1", VM_UID, null))),
                        Samples.CLASSES),
                DEFAULTS,
                NOW.plusSeconds(60));

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(readyReason(plan)).isEqualTo("FormerProcessAlive");
        assertThat(readyMessage(plan)).contains("4242", "pod-1", Samples.NODE);
        // And it is still started afterwards.
        VmPlan freed = Samples.planned(
                new ObservedState(Samples.with(vm(), plan.status()), Optional.empty(), List.of(IDLE), Samples.CLASSES),
                DEFAULTS,
                NOW.plusSeconds(61));
        assertThat(freed.action()).isInstanceOf(CreatePod.class);
    }

    @Test
    void neitherAdoptsNorDeletesAPodOfAnotherOwner() {
        VmPlan wanted = plan(vm(), foreign(pod("pod-1")));
        VmPlan unwanted = plan(halted(), foreign(pod("pod-1")));

        assertThat(wanted.action()).isInstanceOf(Nothing.class);
        assertThat(readyReason(wanted)).isEqualTo("NameTaken");
        assertThat(wanted.status().podUID()).isNull();
        assertThat(wanted.recheck()).isPresent();
        assertThat(unwanted.action()).isInstanceOf(Nothing.class);
        assertThat(unwanted.status().phase()).isEqualTo(Phase.Stopped);
    }

    @Test
    void waitsForAPodOfItsNameThatIsBeingDeletedWithoutARemedy() {
        VmPlan another = plan(vm(), foreign(leaving(pod("pod-1"))));

        assertThat(readyReason(another)).isEqualTo("PodLeaving");
        assertThat(readyMessage(another))
                .isEqualTo(
                        "pod gpu-vm, which does not belong to the VM, is being deleted; the VM starts when it is gone");
        assertThat(another.recheck()).isPresent();
    }

    @Test
    void reportsTheBarWindowOfUefi() {
        String spec = """
                memory: {guest: 64Gi}
                %sdevices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """;
        Device gpu = DeviceBuilder.at("0000:01:00.0")
                .bars(
                        new DeviceBar(0, 16 << 20, BarType.mem32, false),
                        new DeviceBar(1, 64L << 30, BarType.mem64, true),
                        new DeviceBar(3, 32 << 20, BarType.mem64, true))
                .build();

        assertThat(devicesMessage(spec.formatted("firmware: {bootloader: {efi: {}}}\n"), gpu))
                .isEqualTo(
                        "gpu0 is 0000:01:00.0 on node node-1; UEFI keeps 128 GiB of addresses above the guest's memory for their BARs, which takes 38 address bits");
        assertThat(devicesMessage(spec.formatted(""), gpu)).isEqualTo("gpu0 is 0000:01:00.0 on node node-1");
    }

    private static @Nullable String devicesMessage(String spec, Device device) {
        PassthroughVM vm = Samples.vm(spec);
        Pod pod = started(
                new PodBuilder(((PodPlan.Ready) VmPod.of(vm, DEFAULTS.pod())).pod())
                        .editMetadata()
                        .withUid("pod-1")
                        .endMetadata()
                        .build(),
                60);
        VmPlan plan = plan(vm, pod, node(List.of(device), grant("pod-1", VM_UID, 134217728L)));
        return VmConditions.find(plan.status().conditions(), VmConditions.DEVICES_ALLOCATED)
                .map(Condition::getMessage)
                .orElse(null);
    }

    @Test
    void createsTheClaimOfItsStateBeforeThePod() {
        PassthroughVM vm = Samples.vm("""
                memory: {guest: 128Mi}
                firmware: {bootloader: {efi: {persistent: true}}}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """);

        CreatePod create = (CreatePod) plan(vm, null).action();
        PersistentVolumeClaim claim = create.claim().orElseThrow();

        assertThat(claim.getMetadata().getName()).isEqualTo("gpu-vm-state");
        assertThat(claim.getMetadata().getOwnerReferences())
                .isEqualTo(create.pod().getMetadata().getOwnerReferences());
        assertThat(claim.getSpec().getAccessModes()).containsExactly("ReadWriteOnce");
        assertThat(claim.getSpec().getStorageClassName()).isNull();
        assertThat(StateClaim.isOf(vm, claim)).isTrue();
        ObservedState nothing = new ObservedState(vm, Optional.empty(), List.of(), Samples.CLASSES);
        assertThat(Samples.planned(nothing, DEFAULTS.withStateStorageClass("fast"), NOW)
                        .action())
                .isInstanceOfSatisfying(
                        CreatePod.class,
                        other -> assertThat(
                                        other.claim().orElseThrow().getSpec().getStorageClassName())
                                .isEqualTo("fast"));
        assertThat(((CreatePod) plan(vm(), null).action()).claim()).isEmpty();
    }

    @Test
    void waitsWhileTheClaimHasAnotherOwnerOrIsBeingDeleted() {
        ObservedState observed = new ObservedState(vm(), Optional.empty(), List.of(IDLE), Samples.CLASSES);
        PersistentVolumeClaim foreign = new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withName("gpu-vm-state")
                .endMetadata()
                .build();
        PersistentVolumeClaim leaving = new PersistentVolumeClaimBuilder(foreign)
                .editMetadata()
                .withDeletionTimestamp(NOW.toString())
                .withOwnerReferences(pod("pod-1").getMetadata().getOwnerReferences())
                .endMetadata()
                .build();

        VmPlan taken = VmPlan.claimTaken(observed, DEFAULTS, NOW, foreign);
        VmPlan waiting = VmPlan.claimTaken(observed, DEFAULTS, NOW, leaving);

        assertThat(taken.action()).isInstanceOf(Nothing.class);
        assertThat(readyReason(taken)).isEqualTo("NameTaken");
        assertThat(readyMessage(taken))
                .isEqualTo(
                        "PersistentVolumeClaim gpu-vm-state exists and does not belong to the VM, but the VM keeps its state under that name; delete it, or give the VM another name");
        assertThat(taken.recheck()).isPresent();
        assertThat(readyReason(waiting)).isEqualTo("StateLeaving");
        assertThat(waiting.recheck()).isPresent();
    }

    @Test
    void waitsForTheStateOfAFormerVmOfItsNameWithoutARemedy() {
        PersistentVolumeClaim former = new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withName("gpu-vm-state")
                .withOwnerReferences(new OwnerReferenceBuilder(
                                pod("pod-1").getMetadata().getOwnerReferences().getFirst())
                        .withUid("of-the-former-vm")
                        .build())
                .endMetadata()
                .build();

        VmPlan plan = VmPlan.claimTaken(
                new ObservedState(vm(), Optional.empty(), List.of(IDLE), Samples.CLASSES), DEFAULTS, NOW, former);

        assertThat(readyReason(plan)).isEqualTo("StateLeaving");
        assertThat(readyMessage(plan))
                .isEqualTo(
                        "PersistentVolumeClaim gpu-vm-state of the former VM of this name still exists; the VM starts with a new one when it is gone");
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

    @Test
    void reportsAnInvalidSpecAndCreatesNothing() {
        VmPlan plan = plan(Samples.vm("memory: {guest: 1Gi}"), null);

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(plan.status().printableStatus()).isEqualTo("InvalidSpec");
        assertThat(plan.recheck()).isEmpty();
    }

    @Test
    void reportsTheMessageOfAnApiServerThatRefusesThePod() {
        ObservedState observed = new ObservedState(vm(), Optional.empty(), List.of(), Samples.CLASSES);

        VmPlan plan = VmPlan.refused(observed, DEFAULTS, NOW, "exceeded quota: gpus");

        assertThat(readyReason(plan)).isEqualTo("PodRefused");
        assertThat(readyMessage(plan)).isEqualTo("the API server refused the pod: exceeded quota: gpus");
        assertThat(plan.recheck()).contains(NOW.plusSeconds(10));
    }

    @Test
    void doesNothingForAVmThatIsBeingDeleted() {
        PassthroughVM vm = vm();
        vm.getMetadata().setDeletionTimestamp(NOW.toString());

        assertThat(plan(vm, null).action()).isInstanceOf(Nothing.class);
    }

    @Test
    void reportsUnknownWhenTheNodeIsLost() {
        Pod lost = new PodBuilder(started(pod("pod-1"), 60))
                .editStatus()
                .withPhase("Unknown")
                .endStatus()
                .build();

        VmPlan plan = plan(Samples.with(vm(), running()), lost);

        assertThat(plan.status().phase()).isEqualTo(Phase.Unknown);
        assertThat(plan.status().memlock()).isEqualTo(running().memlock());
    }

    @Test
    void changesTheTimeOfAConditionOnlyWithItsStatus() {
        PassthroughVMStatus bound = bound();

        VmPlan plan = Samples.planned(
                new ObservedState(
                        boundVm(),
                        Optional.of(Samples.unschedulable(pod("pod-1"), "Insufficient cpu")),
                        List.of(IDLE),
                        Samples.CLASSES),
                DEFAULTS,
                NOW.plusSeconds(60));

        assertThat(plan.status().conditions()).isNotEqualTo(bound.conditions());
        assertThat(plan.status().conditions())
                .allSatisfy(condition ->
                        assertThat(condition.getLastTransitionTime()).isEqualTo(NOW.toString()));
    }

    private static PassthroughVMStatus bound() {
        return plan(vm(), pod("pod-1")).status();
    }

    private static PassthroughVM boundVm() {
        return Samples.with(vm(), bound());
    }

    private static PassthroughVMStatus running() {
        return plan(boundVm(), started(pod("pod-1"), 1), node(List.of(), grant("pod-1", VM_UID, 134217728L)))
                .status();
    }

    private static PassthroughVMStatus restarted(PassthroughVMStatus status, int restarts) {
        return Statuses.with(status, Map.of("restarts", restarts));
    }

    private static VmPlan plan(PassthroughVM vm, @Nullable Pod pod) {
        return plan(vm, pod, IDLE);
    }

    private static VmPlan plan(PassthroughVM vm, @Nullable Pod pod, PassthroughNode node) {
        return Samples.planned(
                new ObservedState(vm, Optional.ofNullable(pod), List.of(node), Samples.CLASSES), DEFAULTS, NOW);
    }

    private static String readyReason(VmPlan plan) {
        return VmConditions.state(plan.status().conditions()).orElseThrow().getReason();
    }

    private static String readyMessage(VmPlan plan) {
        return VmConditions.state(plan.status().conditions()).orElseThrow().getMessage();
    }
}
