package dev.holdfast.plan.lifecycle;

import static dev.holdfast.plan.lifecycle.PlanFixtures.LIMIT;
import static dev.holdfast.plan.lifecycle.PlanFixtures.bound;
import static dev.holdfast.plan.lifecycle.PlanFixtures.boundVm;
import static dev.holdfast.plan.lifecycle.PlanFixtures.message;
import static dev.holdfast.plan.lifecycle.PlanFixtures.plan;
import static dev.holdfast.plan.lifecycle.PlanFixtures.readyReason;
import static dev.holdfast.plan.lifecycle.PlanFixtures.running;
import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.device;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.BarType;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceBar;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.VmPod;
import dev.holdfast.plan.status.StatusEvents;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import dev.holdfast.testbed.fixtures.Samples;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A running VM: its grant, its headroom, its devices, and its agent. */
final class VmRunningTest {
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
                    .contains(low + " bytes", "limit of " + LIMIT, "4096 are left", "Libvirt");
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
}
