package dev.holdfast.plan.lifecycle;

import static dev.holdfast.plan.lifecycle.PlanFixtures.IDLE;
import static dev.holdfast.plan.lifecycle.PlanFixtures.boundVm;
import static dev.holdfast.plan.lifecycle.PlanFixtures.plan;
import static dev.holdfast.plan.lifecycle.PlanFixtures.readyMessage;
import static dev.holdfast.plan.lifecycle.PlanFixtures.readyReason;
import static dev.holdfast.plan.lifecycle.PlanFixtures.running;
import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.foreign;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.halted;
import static dev.holdfast.testbed.fixtures.Samples.leaving;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.lifecycle.Action.CreatePod;
import dev.holdfast.plan.lifecycle.Action.Nothing;
import dev.holdfast.plan.pod.StateClaim;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests of obstacles to a start: a former process, names in use, claims. */
final class VmObstacleTest {
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
    void createsNoPodWhileAProcessOfTheFormerPodRuns() {
        PassthroughVMStatus due = plan(Samples.with(vm(), running()), null).status();

        VmPlan plan = Samples.planned(
                ObservedStates.of(Samples.with(vm(), due), null, node(List.of(), grant("pod-1", VM_UID, null))),
                DEFAULTS,
                NOW.plusSeconds(60));

        assertThat(plan.action()).isInstanceOf(Nothing.class);
        assertThat(readyReason(plan)).isEqualTo("FormerProcessAlive");
        assertThat(readyMessage(plan)).contains("4242", "pod-1", Samples.NODE);
        // And it is still started afterwards.
        VmPlan freed = Samples.planned(
                ObservedStates.of(Samples.with(vm(), plan.status()), null, IDLE), DEFAULTS, NOW.plusSeconds(61));
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
        ObservedState nothing = ObservedStates.of(vm, null);
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
        ObservedState observed = ObservedStates.of(vm(), null, IDLE);
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

        VmPlan plan = VmPlan.claimTaken(ObservedStates.of(vm(), null, IDLE), DEFAULTS, NOW, former);

        assertThat(readyReason(plan)).isEqualTo("StateLeaving");
        assertThat(readyMessage(plan))
                .isEqualTo(
                        "PersistentVolumeClaim gpu-vm-state of the former VM of this name still exists; the VM starts with a new one when it is gone");
    }
}
