package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;
import dev.holdfast.agent.grant.Decision.Refuse;
import dev.holdfast.agent.grant.Decision.Wait;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityCheckTest {
    private static final String SCOPE = "cri-containerd-" + Given.CONTAINER_ID + ".scope";

    @Test
    void acceptsTheLauncherOfTheVm() {
        assertThat(objection(Given.pod().build(), Given.vm())).isEmpty();
    }

    @Test
    void refusesAProcessOfAnotherPod() {
        Pod recreated =
                Given.pod().editMetadata().withUid("another").endMetadata().build();

        assertRefused(objection(recreated, Given.vm()), RefusalReason.NOT_THIS_POD);
    }

    @Test
    void refusesWhenThePodIsNotInTheCluster() {
        assertRefused(IdentityCheck.objection(facts(SCOPE, null, Given.vm())), RefusalReason.POD_NOT_FOUND);
    }

    @Test
    void refusesAPodOfAnotherNode() {
        Pod pod = Given.pod().editSpec().withNodeName("node-b").endSpec().build();

        assertRefused(objection(pod, Given.vm()), RefusalReason.OTHER_NODE);
    }

    @Test
    void refusesAPodThatIsBeingDeleted() {
        assertRefused(objection(Given.deleted(Given.pod()), Given.vm()), RefusalReason.POD_DELETED);
    }

    @Test
    void refusesWhenTheVmIsNotThere() {
        assertRefused(IdentityCheck.objection(facts(SCOPE, Given.pod().build(), null)), RefusalReason.VM_NOT_FOUND);
    }

    @Test
    void refusesAVmThatIsBeingDeleted() {
        PassthroughVM vm = Given.vm();
        vm.getMetadata().setDeletionTimestamp("2026-11-22T12:00:00Z");

        assertRefused(objection(Given.pod().build(), vm), RefusalReason.VM_DELETED);
    }

    static Stream<Pod> podsThatAreNotTheVms() {
        return Stream.of(
                // none
                Given.pod().editMetadata().withOwnerReferences().endMetadata().build(),
                // a former VM of that name, or a guess
                Given.pod()
                        .editMetadata()
                        .editFirstOwnerReference()
                        .withUid("99999999-aaaa-bbbb-cccc-000000000009")
                        .endOwnerReference()
                        .endMetadata()
                        .build(),
                // an owner, but not the controller
                Given.pod()
                        .editMetadata()
                        .editFirstOwnerReference()
                        .withController(false)
                        .endOwnerReference()
                        .endMetadata()
                        .build(),
                // another kind of object with the VM's UID
                Given.pod()
                        .editMetadata()
                        .editFirstOwnerReference()
                        .withKind("ReplicaSet")
                        .endOwnerReference()
                        .endMetadata()
                        .build(),
                // a group that only begins like ours
                Given.pod()
                        .editMetadata()
                        .editFirstOwnerReference()
                        .withApiVersion("holdfast.dev.example.com/v1alpha1")
                        .endOwnerReference()
                        .endMetadata()
                        .build());
    }

    @ParameterizedTest
    @MethodSource("podsThatAreNotTheVms")
    void refusesAForgedOwner(Pod pod) {
        assertRefused(objection(pod, Given.vm()), RefusalReason.FORGED_OWNER);
    }

    @Test
    void waitsWhileTheVmHasNoStatus() {
        assertWaits(objection(Given.pod().build(), Given.vm(null)), "not yet bound");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "33333333-aaaa-bbbb-cccc-000000000003"})
    void waitsWhileTheVmIsBoundToNoPodOrToThePredecessor(String podUid) {
        PassthroughVM vm = Given.vm(Given.status(podUid.isEmpty() ? null : podUid, Given.exact()));

        assertWaits(objection(Given.pod().build(), vm), "not yet bound");
    }

    @Test
    void waitsWhileThePlanIsMissing() {
        assertWaits(objection(Given.pod().build(), Given.vm(Given.status(Given.POD_UID, null))), "memlock plan");
    }

    @Test
    void refusesWhenTheVmIsBoundToAPodOfAnotherName() {
        PassthroughVM vm = Given.vm(Given.status("other", "33333333-aaaa-bbbb-cccc-000000000003", Given.exact()));

        assertRefused(objection(Given.pod().build(), vm), RefusalReason.NOT_BOUND);
    }

    @Test
    void refusesADebugContainerOnceTheKubeletHasNamedQemus() {
        assertRefused(
                IdentityCheck.objection(facts(
                        "cri-containerd-" + "d".repeat(64) + ".scope",
                        Given.pod().build(),
                        Given.vm())),
                RefusalReason.OTHER_CONTAINER);
    }

    @Test
    void refusesAProcessThatIsInNoContainerOfThePod() {
        assertRefused(
                IdentityCheck.objection(facts("", Given.startingPod().build(), Given.vm())),
                RefusalReason.OTHER_CONTAINER);
    }

    @Test
    void acceptsTheOnlyContainerBeforeTheKubeletHasNamedIt() {
        assertThat(objection(Given.startingPod().build(), Given.vm())).isEmpty();
    }

    @Test
    void waitsForTheContainersNameWhenADebugContainerIsThereToo() {
        Pod pod = Given.startingPod()
                .editSpec()
                .addNewEphemeralContainer()
                .withName("debugger")
                .endEphemeralContainer()
                .endSpec()
                .build();

        assertWaits(objection(pod, Given.vm()), "several containers");
    }

    @Test
    void doesNotTakeAnotherContainersIdForQemus() {
        Pod pod = Given.startingPod()
                .editStatus()
                .addNewContainerStatus()
                .withName("sidecar")
                .withContainerID("containerd://" + Given.CONTAINER_ID)
                .endContainerStatus()
                .endStatus()
                .editSpec()
                .addNewContainer()
                .withName("sidecar")
                .endContainer()
                .endSpec()
                .build();

        assertWaits(objection(pod, Given.vm()), "several containers");
    }

    @Test
    void aWaitIsNeverGivenToWhomARefusalIsDue() {
        // Given a forged owner and a VM without status, which alone would be a reason to wait
        Pod pod = Given.pod().editMetadata().withOwnerReferences().endMetadata().build();

        assertRefused(objection(pod, Given.vm(Given.status(null, null))), RefusalReason.FORGED_OWNER);
    }

    private static Optional<Decision> objection(Pod pod, PassthroughVM vm) {
        return IdentityCheck.objection(facts(SCOPE, pod, vm));
    }

    private static IdentityCheck.Facts facts(String container, @Nullable Pod pod, @Nullable PassthroughVM vm) {
        return new IdentityCheck.Facts(
                Given.NODE,
                Given.NAMESPACE,
                Given.NAME,
                Given.POD_UID,
                container,
                Optional.ofNullable(pod).map(Given::facts),
                Optional.ofNullable(vm).map(Given::facts));
    }

    private static void assertRefused(Optional<Decision> objection, RefusalReason reason) {
        assertThat(objection)
                .hasValueSatisfying(decision -> assertThat(decision)
                        .isInstanceOfSatisfying(
                                Refuse.class,
                                refuse -> assertThat(refuse.reason()).isEqualTo(reason)));
    }

    private static void assertWaits(Optional<Decision> objection, String part) {
        assertThat(objection)
                .hasValueSatisfying(decision -> assertThat(decision)
                        .isInstanceOfSatisfying(
                                Wait.class, wait -> assertThat(wait.sentence()).contains(part)));
    }
}
