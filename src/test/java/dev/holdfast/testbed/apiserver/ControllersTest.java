package dev.holdfast.testbed.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.Slow;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@Slow
class ControllersTest {
    private final MockApiServer server = MockApiServer.start();
    private final KubernetesClient client = server.client();
    private final Controllers controllers = Controllers.start(client, Clock.systemUTC());

    @AfterEach
    void stop() {
        controllers.close();
        client.close();
        server.close();
    }

    @Test
    void bindsAPodOnceANodeHasRoomForIt() {
        client.resource(pod("p", null)).create();
        await().untilAsserted(() -> assertThat(get("p").getStatus().getConditions())
                .anySatisfy(condition -> {
                    assertThat(condition.getReason()).isEqualTo("Unschedulable");
                    assertThat(condition.getMessage()).isEqualTo("no nodes available to schedule pods");
                }));

        createNode("n1");

        await().untilAsserted(() -> assertThat(get("p").getSpec().getNodeName()).isEqualTo("n1"));
        assertThat(get("p").getStatus().getConditions())
                .singleElement()
                .satisfies(condition -> assertThat(condition.getStatus()).isEqualTo("True"));
    }

    @Test
    void deletesThePodOfAVanishedOwnerGracefully() {
        createNode("n1");
        PassthroughVM vm = new PassthroughVM();
        vm.setMetadata(
                new ObjectMetaBuilder().withName("vm").withNamespace("default").build());
        PassthroughVM created = client.resource(vm).create();
        client.resource(pod("p", owner(created))).create();
        await().untilAsserted(() -> assertThat(get("p").getSpec().getNodeName()).isEqualTo("n1"));

        client.resource(created).delete();

        await().untilAsserted(() -> assertThat(get("p").isMarkedForDeletion()).isTrue());
    }

    @Test
    void deletesClusterScopedDependentsOfANode() {
        createNode("n1");
        PassthroughNode dependent = new PassthroughNode();
        dependent.setMetadata(new ObjectMetaBuilder()
                .withName("n1")
                .withOwnerReferences(owner(client.nodes().withName("n1").get()))
                .build());
        client.resource(dependent).create();

        client.nodes().withName("n1").delete();

        await().untilAsserted(() -> assertThat(client.resource(dependent).get()).isNull());
    }

    @Test
    void keepsDependentsOfLivingAndOfUnknownOwners() {
        createNode("n1");
        OwnerReference unknown = new OwnerReferenceBuilder()
                .withApiVersion("apps/v1")
                .withKind("ReplicaSet")
                .withName("r")
                .withUid("gone")
                .build();
        client.resource(pod("kept", unknown)).create();
        client.resource(pod(
                        "orphan",
                        owner(new PodBuilder(pod("x", null))
                                .editMetadata()
                                .withUid("gone")
                                .endMetadata()
                                .build())))
                .create();

        await().untilAsserted(() -> {
            Pod orphan = client.pods().withName("orphan").get();
            assertThat(orphan == null || orphan.isMarkedForDeletion()).isTrue();
        });
        assertThat(get("kept").isMarkedForDeletion()).isFalse();
    }

    @Test
    void keepsOnePodOfADaemonSetOnEachNodeAndReplacesAFailedOne() {
        createNode("n1");
        client.resource(new DaemonSetBuilder()
                        .withNewMetadata()
                        .withName("agent")
                        .withNamespace("default")
                        .endMetadata()
                        .withNewSpec()
                        .withNewTemplate()
                        .withNewMetadata()
                        .withLabels(Map.of("app", "agent"))
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("agent")
                        .endContainer()
                        .endSpec()
                        .endTemplate()
                        .endSpec()
                        .build())
                .create();
        await().untilAsserted(() -> assertThat(agents()).hasSize(1));
        Pod first = agents().getFirst();
        assertThat(first.getSpec().getNodeName()).isEqualTo("n1");

        client.resource(first)
                .editStatus(pod -> new PodBuilder(pod)
                        .editStatus()
                        .withPhase("Failed")
                        .endStatus()
                        .build());

        await().untilAsserted(() -> assertThat(agents())
                .singleElement()
                .satisfies(pod -> assertThat(pod.getMetadata().getUid())
                        .isNotEqualTo(first.getMetadata().getUid())));
    }

    private List<Pod> agents() {
        return client.pods().withLabel("app", "agent").list().getItems();
    }

    private Pod get(String name) {
        return client.pods().withName(name).require();
    }

    private void createNode(String name) {
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewStatus()
                        .withAllocatable(Map.of("pods", new Quantity("10")))
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .endStatus()
                        .build())
                .create();
    }

    private static Pod pod(String name, @Nullable OwnerReference owner) {
        PodBuilder pod = new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("c")
                .endContainer()
                .endSpec();
        return owner == null
                ? pod.build()
                : pod.editMetadata().withOwnerReferences(owner).endMetadata().build();
    }

    private static OwnerReference owner(HasMetadata object) {
        return new OwnerReferenceBuilder()
                .withApiVersion(object.getApiVersion())
                .withKind(object.getKind())
                .withName(object.getMetadata().getName())
                .withUid(object.getMetadata().getUid())
                .build();
    }
}
