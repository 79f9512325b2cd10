package dev.holdfast.agent.grant.decision;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.grant.GrantFixtures;
import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
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
    private static final String SCOPE = "cri-containerd-" + GrantFixtures.CONTAINER_ID + ".scope";

    @Test
    void acceptsTheLauncherOfTheVm() {
        assertThat(objection(GrantFixtures.pod().build(), GrantFixtures.vm())).isEmpty();
    }

    @Test
    void refusesAProcessOfAnotherPod() {
        Pod recreated = GrantFixtures.pod()
                .editMetadata()
                .withUid("another")
                .endMetadata()
                .build();

        assertRefused(objection(recreated, GrantFixtures.vm()), RefusalCode.NOT_THIS_POD);
    }

    @Test
    void refusesWhenThePodIsNotFound() {
        assertRefused(IdentityCheck.objection(facts(SCOPE, null, GrantFixtures.vm())), RefusalCode.POD_NOT_FOUND);
    }

    @Test
    void refusesAPodOfAnotherNode() {
        Pod pod =
                GrantFixtures.pod().editSpec().withNodeName("node-b").endSpec().build();

        assertRefused(objection(pod, GrantFixtures.vm()), RefusalCode.OTHER_NODE);
    }

    @Test
    void refusesAPodThatIsBeingDeleted() {
        assertRefused(
                objection(GrantFixtures.deleted(GrantFixtures.pod()), GrantFixtures.vm()), RefusalCode.POD_DELETED);
    }

    @Test
    void refusesWhenTheVmIsNotFound() {
        assertRefused(
                IdentityCheck.objection(facts(SCOPE, GrantFixtures.pod().build(), null)), RefusalCode.VM_NOT_FOUND);
    }

    @Test
    void refusesAVmThatIsBeingDeleted() {
        PassthroughVM vm = GrantFixtures.vm();
        vm.getMetadata().setDeletionTimestamp("2026-11-22T12:00:00Z");

        assertRefused(objection(GrantFixtures.pod().build(), vm), RefusalCode.VM_DELETED);
    }

    static Stream<Pod> podsThatAreNotTheVms() {
        return Stream.of(
                // none
                GrantFixtures.pod()
                        .editMetadata()
                        .withOwnerReferences()
                        .endMetadata()
                        .build(),
                // the UID of a former VM of that name, or a guessed one
                GrantFixtures.pod()
                        .editMetadata()
                        .editFirstOwnerReference()
                        .withUid("99999999-aaaa-bbbb-cccc-000000000009")
                        .endOwnerReference()
                        .endMetadata()
                        .build(),
                // an owner, but not the controller
                GrantFixtures.pod()
                        .editMetadata()
                        .editFirstOwnerReference()
                        .withController(false)
                        .endOwnerReference()
                        .endMetadata()
                        .build(),
                // another kind of object with the VM's UID
                GrantFixtures.pod()
                        .editMetadata()
                        .editFirstOwnerReference()
                        .withKind("ReplicaSet")
                        .endOwnerReference()
                        .endMetadata()
                        .build(),
                // a group that only starts with that of Holdfast
                GrantFixtures.pod()
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
        assertRefused(objection(pod, GrantFixtures.vm()), RefusalCode.FORGED_OWNER);
    }

    @Test
    void waitsWhileTheVmHasNoStatus() {
        assertWaits(objection(GrantFixtures.pod().build(), GrantFixtures.vm(null)), "not yet bound");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "33333333-aaaa-bbbb-cccc-000000000003"})
    void waitsWhileTheVmIsBoundToNoPodOrToTheFormerPod(String podUid) {
        PassthroughVM vm =
                GrantFixtures.vm(GrantFixtures.status(podUid.isEmpty() ? null : podUid, GrantFixtures.exact()));

        assertWaits(objection(GrantFixtures.pod().build(), vm), "not yet bound");
    }

    @Test
    void waitsWhileThePlanIsMissing() {
        assertWaits(
                objection(
                        GrantFixtures.pod().build(),
                        GrantFixtures.vm(GrantFixtures.status(GrantFixtures.POD_UID, null))),
                "memlock plan");
    }

    @Test
    void refusesWhenTheVmIsBoundToAPodOfAnotherName() {
        PassthroughVM vm = GrantFixtures.vm(
                GrantFixtures.status("other", "33333333-aaaa-bbbb-cccc-000000000003", GrantFixtures.exact()));

        assertRefused(objection(GrantFixtures.pod().build(), vm), RefusalCode.NOT_BOUND);
    }

    @Test
    void refusesADebugContainerOnceTheKubeletHasReportedTheContainerOfQemu() {
        assertRefused(
                IdentityCheck.objection(facts(
                        "cri-containerd-" + "d".repeat(64) + ".scope",
                        GrantFixtures.pod().build(),
                        GrantFixtures.vm())),
                RefusalCode.OTHER_CONTAINER);
    }

    @Test
    void refusesAProcessThatIsInNoContainerOfThePod() {
        assertRefused(
                IdentityCheck.objection(facts("", GrantFixtures.startingPod().build(), GrantFixtures.vm())),
                RefusalCode.OTHER_CONTAINER);
    }

    @Test
    void acceptsTheOnlyContainerBeforeTheKubeletHasReportedIt() {
        assertThat(objection(GrantFixtures.startingPod().build(), GrantFixtures.vm()))
                .isEmpty();
    }

    @Test
    void waitsForTheContainerIdWhenThereIsADebugContainer() {
        Pod pod = GrantFixtures.startingPod()
                .editSpec()
                .addNewEphemeralContainer()
                .withName("debugger")
                .endEphemeralContainer()
                .endSpec()
                .build();

        assertWaits(objection(pod, GrantFixtures.vm()), "several containers");
    }

    @Test
    void doesNotUseTheIdOfAnotherContainer() {
        Pod pod = GrantFixtures.startingPod()
                .editStatus()
                .addNewContainerStatus()
                .withName("sidecar")
                .withContainerID("containerd://" + GrantFixtures.CONTAINER_ID)
                .endContainerStatus()
                .endStatus()
                .editSpec()
                .addNewContainer()
                .withName("sidecar")
                .endContainer()
                .endSpec()
                .build();

        assertWaits(objection(pod, GrantFixtures.vm()), "several containers");
    }

    @Test
    void aRefusalHasPriorityOverAWait() {
        // Given a forged owner and a VM without status, which alone would be a reason to wait
        Pod pod = GrantFixtures.pod()
                .editMetadata()
                .withOwnerReferences()
                .endMetadata()
                .build();

        assertRefused(objection(pod, GrantFixtures.vm(GrantFixtures.status(null, null))), RefusalCode.FORGED_OWNER);
    }

    private static Optional<Decision> objection(Pod pod, PassthroughVM vm) {
        return IdentityCheck.objection(facts(SCOPE, pod, vm));
    }

    private static IdentityCheck.Facts facts(String container, @Nullable Pod pod, @Nullable PassthroughVM vm) {
        return new IdentityCheck.Facts(
                GrantFixtures.NODE,
                GrantFixtures.NAMESPACE,
                GrantFixtures.NAME,
                GrantFixtures.POD_UID,
                container,
                Optional.ofNullable(pod).map(GrantFixtures::facts),
                Optional.ofNullable(vm).map(GrantFixtures::facts));
    }

    private static void assertRefused(Optional<Decision> objection, RefusalCode reason) {
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
                                Wait.class, wait -> assertThat(wait.message()).contains(part)));
    }
}
