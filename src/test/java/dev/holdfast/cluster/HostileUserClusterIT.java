package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.cluster.HandMadeNode;
import dev.holdfast.testbed.cluster.JsonPatch;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import dev.holdfast.testbed.cluster.TestNamespace;
import dev.holdfast.testbed.cluster.Vms;
import io.fabric8.kubernetes.api.model.EphemeralContainer;
import io.fabric8.kubernetes.api.model.EphemeralContainerBuilder;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetCondition;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a user with all rights in a namespace cannot raise a limit, or act as operator or agent. */
@OnRealCluster
class HostileUserClusterIT {
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);
    private static Replica operator;

    private final RealCluster cluster;
    private Vms vms;
    private HandMadeNode node;
    private KubernetesClient alice;
    private Pod pod;
    private PassthroughVMStatus.Memlock granted;

    HostileUserClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeAll
    static void start(RealCluster cluster) {
        operator = cluster.startOperator("hostile-user");
    }

    @AfterAll
    static void stop() {
        operator.close();
    }

    @BeforeEach
    void aRunningVmOfAlice(TestNamespace namespace) {
        alice = cluster.user("admin", namespace.name());
        vms = new Vms(cluster.admin(), namespace.name());
        node = HandMadeNode.join(cluster, "node-of-" + namespace, namespace.name(), 1);
        new Vms(alice, namespace.name()).create("vm", namespace.name());
        node.start(vms, "vm");
        eventually("it runs").until(() -> vms.phase("vm") == Phase.Running);
        pod = Objects.requireNonNull(vms.pod("vm"));
        granted = memlock();
    }

    @AfterEach
    void leave() {
        node.leave();
    }

    private PassthroughVMStatus.Memlock memlock() {
        return Objects.requireNonNull(vms.status("vm").orElseThrow().memlock());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"spec\":{\"containers\":[{\"name\":\"qemu\",\"image\":\"alice:evil\"}]}}",
                "{\"metadata\":{\"annotations\":{\"holdfast.dev/vm-generation\":\"99\"}}}",
                "{\"metadata\":{\"labels\":{\"holdfast.dev/vm-uid\":\"another\"}}}",
                "{\"metadata\":{\"labels\":{\"holdfast.dev/vm-pod\":null}}}",
                "{\"metadata\":{\"ownerReferences\":null}}",
            })
    void cannotChangeItsPod(String patch) {
        assertRefused(
                () -> alice.pods()
                        .inNamespace(vms.namespace())
                        .withName("vm")
                        .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), patch),
                "holdfast");
    }

    @Test
    void mayStillPutLabelsOfHerOwnOnIt() {
        alice.pods()
                .inNamespace(vms.namespace())
                .withName("vm")
                .patch(MERGE, "{\"metadata\":{\"labels\":{\"team\":\"blue\"}}}");

        assertThat(Objects.requireNonNull(vms.pod("vm")).getMetadata().getLabels())
                .containsEntry("team", "blue");
    }

    @Test
    void cannotPutAnotherProcessIntoItAndNeitherCanAnAdministrator() {
        assertRefused(() -> debug(alice), "cannot patch resource");
        assertRefused(() -> debug(cluster.admin()), "another container in it would share its devices");
    }

    /** Adds an ephemeral container as {@code kubectl debug} does. */
    private void debug(KubernetesClient client) {
        EphemeralContainer debugger = new EphemeralContainerBuilder()
                .withName("debugger")
                .withImage("alice:evil")
                .build();
        client.pods()
                .inNamespace(vms.namespace())
                .withName("vm")
                .ephemeralContainers()
                .edit(live -> new PodBuilder(live)
                        .editSpec()
                        .addToEphemeralContainers(debugger)
                        .endSpec()
                        .build());
    }

    /** A pod like the VM's without the VM as its owner can be: what refuses is the policy, and not the API server. */
    @Test
    void cannotResizeItAndNeitherCanAnAdministrator() {
        Pod plain = new PodBuilder(pod)
                .withNewMetadata()
                .withName("plain")
                .withNamespace(vms.namespace())
                .endMetadata()
                .build();
        cluster.admin().resource(plain).create();

        assertThat(resize(cluster.admin(), "plain")).isNotNull();
        assertRefused(() -> resize(alice, "vm"), "");
        assertRefused(() -> resize(cluster.admin(), "vm"), "its memory was computed for the guest in it");
    }

    private Pod resize(KubernetesClient client, String name) {
        String oneMore =
                "{\"spec\":{\"containers\":[{\"name\":\"qemu\",\"resources\":{\"requests\":{\"cpu\":\"1234m\"}}}]}}";
        return client.pods()
                .inNamespace(vms.namespace())
                .withName(name)
                .subresource("resize")
                .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), oneMore);
    }

    @Test
    void mayStillBeEvicted() {
        assertThat(cluster.admin()
                        .pods()
                        .inNamespace(vms.namespace())
                        .withName("vm")
                        .evict())
                .isTrue();
    }

    @Test
    void cannotMakeAPodThatClaimsToBeTheVms() {
        OwnerReference forged = owner();
        Pod claimant = new PodBuilder()
                .withNewMetadata()
                .withName("claimant")
                .withNamespace(vms.namespace())
                .withOwnerReferences(forged)
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("qemu")
                .withImage("alice:evil")
                .endContainer()
                .endSpec()
                .build();

        assertRefused(() -> alice.resource(claimant).create(), "PassthroughVM");
    }

    /** The VM, so that not even the blocking of its deletion needs a right. */
    private OwnerReference owner() {
        return new OwnerReferenceBuilder(pod.getMetadata().getOwnerReferences().getFirst())
                .withBlockOwnerDeletion(false)
                .build();
    }

    @Test
    void cannotTurnAPodOfHersIntoTheVms() {
        alice.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("plain")
                        .withNamespace(vms.namespace())
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("qemu")
                        .withImage("alice:evil")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
        OwnerReference forged = owner();

        assertRefused(
                () -> alice.pods()
                        .inNamespace(vms.namespace())
                        .withName("plain")
                        .edit(plain -> new PodBuilder(plain)
                                .editMetadata()
                                .withOwnerReferences(forged)
                                .endMetadata()
                                .build()),
                "PassthroughVM");
    }

    @Test
    void cannotGiveAPodOfHersTheLabelByWhichTheOperatorFindsPods() {
        Pod plain = new PodBuilder()
                .withNewMetadata()
                .withName("plain-with-label")
                .withNamespace(vms.namespace())
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("main")
                .withImage("alice:mine")
                .endContainer()
                .endSpec()
                .build();
        Pod labelled = new PodBuilder(plain)
                .editMetadata()
                .addToLabels(Names.VM_POD_LABEL, "true")
                .endMetadata()
                .build();
        String only = "only the Holdfast operator does; create a PassthroughVM, or leave the label out";

        assertRefused(() -> alice.resource(labelled).create(), only);
        assertRefused(() -> cluster.admin().resource(labelled).create(), only);

        alice.resource(plain).create();
        assertRefused(
                () -> alice.pods()
                        .inNamespace(vms.namespace())
                        .withName("plain-with-label")
                        .patch(MERGE, "{\"metadata\":{\"labels\":{\"holdfast.dev/vm-pod\":\"true\"}}}"),
                only);
    }

    @Test
    void cannotLetAControllerMakeSuchPodsEither() {
        alice.resource(Serialization.unmarshal("""
                        apiVersion: apps/v1
                        kind: ReplicaSet
                        metadata: {name: labelled, namespace: %s}
                        spec:
                          replicas: 1
                          selector: {matchLabels: {app: labelled}}
                          template:
                            metadata: {labels: {app: labelled, holdfast.dev/vm-pod: "true"}}
                            spec: {containers: [{name: main, image: mine}]}
                        """.formatted(vms.namespace()), ReplicaSet.class))
                .create();

        eventually("the ReplicaSet says why it has no pod")
                .until(
                        () -> alice
                                .apps()
                                .replicaSets()
                                .inNamespace(vms.namespace())
                                .withName("labelled")
                                .get()
                                .getStatus()
                                .getConditions()
                                .stream()
                                .map(ReplicaSetCondition::getMessage)
                                .toList(),
                        messages -> messages.stream()
                                .anyMatch(message -> message.contains("set the label holdfast.dev/vm-pod")));
    }

    @Test
    void cannotWriteTheStatusAndNeitherCanAnAdministrator() {
        String forged = "{\"status\":{\"printableStatus\":\"forged\"}}";
        assertRefused(() -> status(alice, forged), "cannot patch resource");
        assertRefused(() -> status(cluster.admin(), forged), "only the Holdfast operator does that");

        // Even the operator cannot change a plan that is bound to a pod.
        ObjectNode more =
                Serialization.jsonMapper().valueToTree(vms.status("vm").orElseThrow());
        more.withObject("/memlock").put("limitBytes", 1L << 40);
        String path = "/apis/holdfast.dev/v1alpha1/namespaces/%s/passthroughvms/vm".formatted(vms.namespace());
        assertRefused(() -> JsonPatch.setStatus(cluster.operator(), path, "", more), "bound to the pod");
        assertThat(memlock()).isEqualTo(granted);
    }

    private void status(KubernetesClient client, String patch) {
        new Vms(client, vms.namespace()).resource("vm").subresource("status").patch(MERGE, patch);
    }

    @Test
    void aStatusInHerOwnFileIsIgnored() {
        var vm = Vms.sample("second", vms.namespace());
        vm.setStatus(vms.status("vm").orElseThrow());

        alice.resource(vm).inNamespace(vms.namespace()).create();

        eventually("the second has its own plan").until(() -> vms.isBound("second"));
        assertThat(vms.status("second").orElseThrow().podUID())
                .isNotEqualTo(pod.getMetadata().getUid());
    }

    @Test
    void aLargerSpecOrAnnotationsDoNotChangeTheLimitOfARunningVm() {
        Vms hers = new Vms(alice, vms.namespace());
        hers.resource("vm").patch(MERGE, "{\"spec\":{\"memory\":{\"guest\":\"64Gi\"}}}");
        hers.resource("vm")
                .patch(
                        MERGE,
                        "{\"metadata\":{\"annotations\":{\"holdfast.dev/limit-bytes\":\"1099511627776\"},"
                                + "\"labels\":{\"holdfast.dev/vm-uid\":\"another\"}}}");

        eventually("the operator has seen the new spec")
                .until(() -> Objects.equals(
                        vms.status("vm").orElseThrow().observedGeneration(),
                        vms.get("vm").getMetadata().getGeneration()));
        assertThat(memlock()).isEqualTo(granted);
        assertThat(vms.podUid("vm")).isEqualTo(pod.getMetadata().getUid());
    }

    @Test
    void cannotMakeDeviceClassesOrSpeakForANode() {
        assertThat(cluster.kubectl()
                        .attempt("auth", "can-i", "create", "passthroughdeviceclasses", "--as=alice")
                        .out())
                .startsWith("no");
        assertRefused(() -> forgeReport(alice), "cannot patch resource");
    }

    @Test
    void anAgentSpeaksForItsOwnNodeOnly(TestNamespace namespace) {
        HandMadeNode other = HandMadeNode.join(cluster, "other-node-of-" + namespace, namespace.name() + "-b", 1);
        KubernetesClient agent = cluster.agent(other.name());

        assertRefused(() -> forgeReport(agent), other.name());
        assertRefused(
                () -> agent.resources(PassthroughNode.class)
                        .withName(node.name())
                        .delete(),
                "cannot delete resource");
        assertRefused(() -> status(agent, "{\"status\":{\"podUID\":\"another\"}}"), "forbidden");
        assertRefused(
                () -> tell(agent, "PassthroughNode", node.name()),
                "an agent wrote an Event about PassthroughNode " + node.name());
        assertRefused(() -> tell(agent, "Node", other.name()), "an agent wrote an Event about Node " + other.name());
        tell(agent, "PassthroughNode", other.name());
        other.leave();
    }

    @Test
    void anAgentWritesSlicesOfItsOwnNodeAndDriverOnly(TestNamespace namespace) {
        HandMadeNode other = HandMadeNode.join(cluster, "slices-of-" + namespace, namespace.name() + "-c", 1);
        KubernetesClient agent = cluster.agent(other.name());
        ResourceSlice own = slice(other.name(), Names.DRA_DRIVER);
        ResourceSlice ofTheNode =
                cluster.admin().resource(slice(node.name(), Names.DRA_DRIVER)).create();

        assertRefused(
                () -> agent.resource(slice(node.name(), Names.DRA_DRIVER)).create(),
                "an agent wrote a ResourceSlice of node " + node.name());
        assertRefused(
                () -> agent.resource(slice(other.name(), "gpu.example.com")).create(),
                "an agent wrote a ResourceSlice of driver gpu.example.com");
        assertRefused(
                () -> agent.resource(ofTheNode).delete(), "an agent wrote a ResourceSlice of node " + node.name());
        ofTheNode.getSpec().getPool().setGeneration(2L);
        assertRefused(
                () -> agent.resource(ofTheNode).update(), "an agent wrote a ResourceSlice of node " + node.name());
        ResourceSlice hiding = slice(other.name(), Names.DRA_DRIVER);
        hiding.getSpec().getPool().setName(node.name());
        hiding.getSpec().getPool().setGeneration(1_000L);
        assertRefused(() -> agent.resource(hiding).create(), "an agent wrote a ResourceSlice of pool " + node.name());
        ResourceSlice written = agent.resource(own).create();
        assertThat(agent.resource(written).delete()).isNotEmpty();
        cluster.admin().resource(ofTheNode).delete();
        other.leave();
    }

    private static ResourceSlice slice(String nodeName, String driver) {
        return new ResourceSliceBuilder()
                .withNewMetadata()
                .withGenerateName(nodeName + "-")
                .endMetadata()
                .withNewSpec()
                .withDriver(driver)
                .withNodeName(nodeName)
                .withNewPool(1L, nodeName, 1L)
                .endSpec()
                .build();
    }

    /** Creates an Event about the result of binding a device, as an agent does. */
    private static void tell(KubernetesClient agent, String kind, String name) {
        agent.events()
                .v1()
                .events()
                .inNamespace("default")
                .resource(new EventBuilder()
                        .withNewMetadata()
                        .withGenerateName("told-")
                        .withNamespace("default")
                        .endMetadata()
                        .withEventTime(new MicroTime("2026-11-22T12:00:00.000000Z"))
                        .withReportingController(Names.AGENT)
                        .withReportingInstance(name)
                        .withAction("Bind")
                        .withType("Normal")
                        .withReason("DeviceBound")
                        .withNote("told by a test")
                        .withNewRegarding()
                        .withApiVersion(Names.GROUP + "/" + Names.VERSION)
                        .withKind(kind)
                        .withName(name)
                        .endRegarding()
                        .build())
                .create();
    }

    @Test
    void aTokenOfTheAgentThatNamesNoNodeSpeaksForNone() {
        String unbound = cluster.kubectl()
                .run("create", "token", "holdfast-agent", "--namespace=" + RealCluster.NAMESPACE)
                .strip();
        try (KubernetesClient stolen = cluster.controlPlane().client(unbound)) {
            assertRefused(() -> forgeReport(stolen), "names no node");
        }
    }

    @Test
    void theOperatorDoesNotSpeakForNodes() {
        assertRefused(() -> forgeReport(cluster.operator()), "cannot patch resource");
    }

    /** Reports no grant for the node, which would permit a second process with the device. */
    private void forgeReport(KubernetesClient client) {
        ObjectNode nothing = Serialization.jsonMapper().createObjectNode();
        nothing.putArray("grants");
        JsonPatch.setStatus(client, "/apis/holdfast.dev/v1alpha1/passthroughnodes/" + node.name(), "", nothing);
    }

    private static void assertRefused(ThrowingCallable attempt, String because) {
        // Refused by a rule and not by an accident on the way.
        assertThatThrownBy(attempt)
                .hasMessageContaining(because)
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        refusal -> assertThat(refusal.getCode()).isIn(403, 422));
    }
}
