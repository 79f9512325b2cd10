package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Names;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.testbed.cluster.ClientProgram;
import dev.holdfast.testbed.cluster.HandMadeNode;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import dev.holdfast.testbed.cluster.TestNamespace;
import dev.holdfast.testbed.cluster.Vms;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests the life cycle of VMs with a real API server, scheduler and garbage collector, and one operator. */
@OnRealCluster
class VmLifeClusterIT {
    private static Replica operator;

    private final RealCluster cluster;
    private Vms vms;
    private HandMadeNode node;
    /** The class of the node's devices: a resource of its own for each test. */
    private String gpu;

    VmLifeClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeAll
    static void start(RealCluster cluster) {
        operator = cluster.startOperator("vm-life");
    }

    @AfterAll
    static void stop() {
        operator.close();
    }

    @BeforeEach
    void nodeWithOneGpu(TestNamespace namespace) {
        gpu = namespace.name();
        vms = new Vms(cluster.admin(), namespace.name());
        node = HandMadeNode.join(cluster, "node-of-" + namespace, gpu, 1);
    }

    @AfterEach
    void leave() {
        node.leave();
    }

    @Test
    void startsStopsAndStartsAgain() {
        vms.create("vm", gpu);
        Grant grant = node.start(vms, "vm");
        eventually("it runs", () -> vms.phase("vm") == Phase.Running);
        assertThat(vms.status("vm").orElseThrow().memlock()).satisfies(memlock -> {
            assertThat(memlock.appliedBytes()).isEqualTo(memlock.limitBytes()).isEqualTo(grant.appliedBytes());
        });
        Pod first = Objects.requireNonNull(vms.pod("vm"));
        tellsTheStoryOfItsStart();

        vms.run("vm", RunStrategy.Halted);
        eventually(
                "its pod is leaving",
                () -> Objects.requireNonNull(vms.pod("vm")).isMarkedForDeletion());
        node.remove(first);
        node.end(grant);
        eventually("it has stopped", () -> vms.phase("vm") == Phase.Stopped);

        vms.run("vm", RunStrategy.Always);
        node.start(vms, "vm");
        eventually("it runs again", () -> vms.phase("vm") == Phase.Running);
        assertThat(vms.podUid("vm")).isNotEqualTo(first.getMetadata().getUid());
    }

    private void tellsTheStoryOfItsStart() {
        PassthroughVMStatus status = vms.status("vm").orElseThrow();
        assertThat(status.podIP()).isEqualTo(HandMadeNode.POD_IP);
        assertThat(status.startTimes()).hasNoNullFieldsOrProperties();
        assertThat(cluster.kubectl().run("describe", "ptvm", "vm", "--namespace=" + vms.namespace()))
                .containsSubsequence(
                        "Scheduling",
                        "pod vm is waiting for a node",
                        "Granted",
                        "gpu0 is 0000:01:00.0 on node " + node.name(),
                        "Running",
                        "QEMU runs on node " + node.name());
        assertThat(cluster.kubectl().run("get", "ptvm", "vm", "--namespace=" + vms.namespace()))
                .containsPattern(
                        "vm +Running +1 +129.3Mi +128.3Mi +" + node.name() + " +" + HandMadeNode.POD_IP + " +\\d+");
    }

    @Test
    void powersOffInOrderWhenItsNodeIsDrained() {
        vms.create("vm", gpu);
        Grant grant = node.start(vms, "vm");
        eventually("it runs", () -> vms.phase("vm") == Phase.Running);
        Pod pod = Objects.requireNonNull(vms.pod("vm"));

        // A budget for disruptions holds the drain up.
        String namespace = "--namespace=" + vms.namespace();
        cluster.kubectl()
                .run("create", "pdb", "keep", "--selector=holdfast.dev/vm-pod=true", "--min-available=1", namespace);
        ClientProgram.Output refused = drain("--timeout=4s");
        assertThat(refused.status()).isNotZero();
        assertThat(refused.err()).contains("disruption budget");
        assertThat(vms.phase("vm")).isEqualTo(Phase.Running);
        cluster.kubectl().run("delete", "pdb", "keep", namespace);

        // On a thread of its own: on a small machine the client's answers wait for the common pool's only one.
        CompletableFuture<ClientProgram.Output> drained = CompletableFuture.supplyAsync(
                () -> drain("--timeout=90s"), task -> Thread.ofVirtual().start(task));

        // The kubelet has the whole grace period for the preStop hook.
        eventually("it is stopping", () -> vms.readyReason("vm").equals("PodEvicted"));
        assertThat(vms.phase("vm")).isEqualTo(Phase.Stopping);
        assertThat(Objects.requireNonNull(vms.pod("vm")).getMetadata().getDeletionGracePeriodSeconds())
                .isEqualTo(180);
        assertThat(vms.events())
                .anySatisfy(
                        event -> assertThat(event.getNote())
                                .isEqualTo(
                                        "pod vm is being removed from its node (Eviction API: evicting), so the guest is asked to power off; a new pod follows"));
        node.remove(pod);
        node.end(grant);

        assertThat(drained.orTimeout(10, TimeUnit.MINUTES).join().out()).contains("pod/vm evicted");
        eventually(
                "another pod waits for a node that takes it",
                () -> vms.isBound("vm")
                        && vms.readyReason("vm").equals("Unschedulable")
                        && !vms.podUid("vm").equals(pod.getMetadata().getUid()));
        assertThat(vms.readyMessage("vm"))
                .contains("so another obstacle exists; the scheduler reports: 0/")
                .contains("unschedulable");
    }

    private ClientProgram.Output drain(String timeout) {
        return cluster.kubectl()
                .attempt("drain", node.name(), "--ignore-daemonsets", "--delete-emptydir-data", timeout);
    }

    @Test
    void namesAClassThatNobodyMadeUntilItIsMade() {
        String later = gpu + "-later";
        vms.create("vm", later);

        eventually("it says so", () -> vms.readyReason("vm").equals("DeviceClassUnknown"));
        assertThat(vms.readyMessage("vm"))
                .startsWith("PassthroughDeviceClass " + later + " not found (existing classes: ")
                .contains("); create it, or correct the deviceName holdfast.dev/" + later + " of the VM")
                .contains("; the scheduler reports: 0/")
                .contains("Insufficient holdfast.dev/" + later);

        HandMadeNode other = HandMadeNode.join(cluster, "later-" + node.name(), later, 1);
        assertThat(other.await(vms, "vm")).isNotNull();
        other.leave();
    }

    @Test
    void tellsWhatAQuotaOfDevicesRefuses() {
        String hard = "requests.holdfast.dev/" + gpu;
        cluster.kubectl().run("create", "quota", "one-gpu", "--hard=" + hard + "=1", "--namespace=" + vms.namespace());
        eventually(
                "the quota is counted",
                () -> cluster.kubectl()
                        .run("get", "quota", "one-gpu", "--namespace=" + vms.namespace(), "-o=jsonpath={.status.used}")
                        .contains(hard));

        vms.create("one", gpu);
        assertThat(node.await(vms, "one")).isNotNull();
        vms.create("two", gpu);

        eventually("the second is refused", () -> vms.readyReason("two").equals("PodRefused"));
        assertThat(vms.readyMessage("two"))
                .contains("exceeded quota: one-gpu, requested: " + hard + "=1, used: " + hard + "=1, limited: " + hard
                        + "=1");
    }

    @Test
    void isAdmittedWhereTheRestrictedStandardIsEnforced() {
        cluster.admin()
                .namespaces()
                .withName(vms.namespace())
                .edit(namespace -> new NamespaceBuilder(namespace)
                        .editMetadata()
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .addToLabels("pod-security.kubernetes.io/enforce-version", "latest")
                        .endMetadata()
                        .build());

        vms.create("vm", gpu);

        assertThat(node.await(vms, "vm").getMetadata().getNamespace()).isEqualTo(vms.namespace());
        assertThat(vms.readyReason("vm")).isNotEqualTo("PodRefused");
    }

    @Test
    void tellsWhatQuotaRefuses() {
        cluster.kubectl().run("create", "quota", "no-pods", "--hard=pods=0", "--namespace=" + vms.namespace());
        eventually(
                "the quota is counted",
                () -> cluster.kubectl()
                        .run(
                                "get",
                                "quota",
                                "no-pods",
                                "--namespace=" + vms.namespace(),
                                "-o=jsonpath={.status.hard.pods}")
                        .equals("0"));

        vms.create("vm", gpu);

        eventually("it says why", () -> vms.readyReason("vm").equals("PodRefused"));
        // The Event follows the status.
        eventually(
                "an Event says why",
                () -> vms.events().stream().anyMatch(event -> event.getNote().contains("exceeded quota: no-pods")));

        cluster.kubectl().run("delete", "quota", "no-pods", "--namespace=" + vms.namespace());
        assertThat(node.await(vms, "vm")).isNotNull();
    }

    @Test
    void neverTouchesAPodOfSomeoneElse() {
        Pod foreign = cluster.admin()
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("vm")
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("main")
                        .withImage("someone:else")
                        .endContainer()
                        .endSpec()
                        .build())
                .inNamespace(vms.namespace())
                .create();

        vms.create("vm", gpu);

        eventually("it says so", () -> vms.readyReason("vm").equals("NameTaken"));
        assertThat(vms.podUid("vm")).isEqualTo(foreign.getMetadata().getUid());

        node.remove(foreign);
        eventually("it has a pod of its own", () -> vms.isBound("vm"));
    }

    @Test
    void givesTheOneDeviceToOneOfTwoAndTellsTheOtherWhyItWaits() {
        vms.create("one", gpu);
        node.start(vms, "one");
        eventually("the first runs", () -> vms.phase("one") == Phase.Running);

        vms.create("two", gpu);

        eventually("the second waits", () -> vms.readyReason("two").equals("DevicesInUse"));
        assertThat(vms.readyMessage("two"))
                .matches("0 of \\d+ nodes have a free holdfast.dev/" + gpu
                        + " \\(1 in use\\): pods use 0000:01:00.0 on " + node.name()
                        + "; the VM starts when enough devices are free; stop one of these pods, or add devices;"
                        + " the scheduler reports: 0/\\d+ nodes are available: .*Insufficient holdfast.dev/" + gpu
                        + ".*");
        assertThat(Objects.requireNonNull(vms.pod("two")).getSpec().getNodeName())
                .isNull();

        Pod first = Objects.requireNonNull(vms.pod("one"));
        vms.resource("one").delete();
        eventually(
                "the first pod is leaving",
                () -> Objects.requireNonNull(vms.pod("one")).isMarkedForDeletion());
        node.remove(first);
        assertThat(node.await(vms, "two")).isNotNull();
    }

    @Test
    void startsNoSecondProcessWhileTheForcedAwayFirstOneLives() {
        vms.create("vm", gpu);
        Grant grant = node.start(vms, "vm");
        eventually("it runs", () -> vms.phase("vm") == Phase.Running);

        node.remove(Objects.requireNonNull(vms.pod("vm")));

        eventually("it waits for the process", () -> vms.readyReason("vm").equals("FormerProcessAlive"));
        assertThat(vms.pod("vm")).isNull();

        node.end(grant);
        eventually("it has a new pod", () -> vms.isBound("vm"));
        assertThat(vms.podUid("vm")).isNotEqualTo(grant.podUID());
    }

    @Test
    void goesToAnotherNodeWhenItsOwnIsDeleted() {
        vms.create("vm", gpu);
        node.start(vms, "vm");
        eventually("it runs", () -> vms.phase("vm") == Phase.Running);
        String lost = vms.podUid("vm");

        // The Node goes, its PassthroughNode with it, and its pods by the garbage collector of pods, a minute later.
        node.leave();
        node = HandMadeNode.join(cluster, "other-" + node.name(), gpu, 1);

        eventually("it has another pod, elsewhere")
                .until(() -> vms.isBound("vm") && !vms.podUid("vm").equals(lost));
        assertThat(node.await(vms, "vm")).isNotNull();
    }

    @ParameterizedTest
    @EnumSource
    void leavesItsPodToTheGarbageCollectorHoweverItIsDeleted(DeletionPropagation propagation) {
        vms.create("vm", gpu);
        node.start(vms, "vm");
        eventually("it runs", () -> vms.phase("vm") == Phase.Running);
        Pod pod = Objects.requireNonNull(vms.pod("vm"));

        vms.resource("vm").withPropagationPolicy(propagation).delete();

        if (propagation == DeletionPropagation.ORPHAN) {
            // As the user requested, the machine continues to run, without an owner.
            eventually(
                    "the pod has no owner",
                    () -> Objects.requireNonNull(vms.pod("vm"))
                            .getMetadata()
                            .getOwnerReferences()
                            .isEmpty());
            assertThat(vms.resource("vm").get()).isNull();
            node.remove(pod);
        } else {
            eventually(
                    "the pod is asked to end",
                    () -> Objects.requireNonNull(vms.pod("vm")).isMarkedForDeletion());
            node.remove(pod);
            eventually("the VM is gone", () -> vms.resource("vm").get() == null);
        }
        assertThat(vms.pod("vm")).isNull();
    }

    @Test
    void keepsItsStateInAClaimThatGoesWithTheVm() {
        PassthroughVM vm = Vms.sample("vm", gpu);
        vm.setSpec(Serialization.unmarshal("""
                spec:
                  memory: {guest: 128Mi}
                  firmware: {bootloader: {efi: {persistent: true}}}
                  devices: {gpus: [{name: gpu0, deviceName: %s}]}
                """.formatted(Names.resourceOf(gpu)), PassthroughVM.class)
                .getSpec());
        cluster.admin().resource(vm).inNamespace(vms.namespace()).create();
        eventually("it is bound", () -> vms.isBound("vm"));
        Pod pod = Objects.requireNonNull(vms.pod("vm"));
        assertThat(pod.getSpec().getSecurityContext().getFsGroup()).isEqualTo(107);
        assertThat(pod.getSpec().getVolumes())
                .filteredOn(volume -> volume.getPersistentVolumeClaim() != null)
                .singleElement()
                .satisfies(
                        volume -> assertThat(volume.getPersistentVolumeClaim().getClaimName())
                                .isEqualTo("vm-state"));
        assertThat(claim()).isNotNull();

        vms.resource("vm").delete();
        node.remove(pod);

        eventually(
                "the claim is gone",
                () -> claim() == null || Objects.requireNonNull(claim()).isMarkedForDeletion());
    }

    private @Nullable PersistentVolumeClaim claim() {
        return cluster.admin()
                .persistentVolumeClaims()
                .inNamespace(vms.namespace())
                .withName("vm-state")
                .get();
    }

    @Test
    void goesOnWhenTheApiServerWasRestarted() {
        vms.create("vm", gpu);
        node.start(vms, "vm");
        eventually("it runs", () -> vms.phase("vm") == Phase.Running);
        String pod = vms.podUid("vm");

        cluster.controlPlane().restartApiServer();

        vms.create("later", gpu);
        eventually("the operator works again", () -> vms.isBound("later"));
        assertThat(vms.podUid("vm")).isEqualTo(pod);
        assertThat(vms.phase("vm")).isEqualTo(Phase.Running);
    }
}
