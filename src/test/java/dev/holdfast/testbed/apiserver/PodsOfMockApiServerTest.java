package dev.holdfast.testbed.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PodsOfMockApiServerTest {
    private final MockApiServer server = MockApiServer.start();
    private final KubernetesClient client = server.client();

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void completesAPod() {
        Pod pod = client.resource(SamplePod.pod("p")).create();

        assertThat(pod.getMetadata().getUid()).isNotBlank();
        assertThat(pod.getStatus().getPhase()).isEqualTo("Pending");
        assertThat(pod.getStatus().getQosClass()).isEqualTo("Burstable");
        assertThat(pod.getSpec().getContainers().getFirst().getResources().getRequests())
                .isEqualTo(Map.of("memory", new Quantity("64Mi")));
        assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isEqualTo(30);
    }

    @Test
    void keepsAPodOnANodeUntilTheFinalDelete() {
        client.resource(SamplePod.pod("p")).create();
        SamplePod.bind(client, "p", "node-1");

        client.pods().withName("p").withGracePeriod(7).delete();

        Pod dying = client.pods().withName("p").get();
        assertThat(dying.getMetadata().getDeletionGracePeriodSeconds()).isEqualTo(7);
        assertThat(dying.getMetadata().getDeletionTimestamp()).isNotBlank();
        Pod reported = client.resource(dying)
                .editStatus(p -> new PodBuilder(p)
                        .editStatus()
                        .withPhase("Running")
                        .endStatus()
                        .build());
        assertThat(reported.getStatus().getPhase()).isEqualTo("Running");
        assertThat(client.pods().withName("p").get())
                .as("a status write removes nothing")
                .isNotNull();

        client.pods().withName("p").withGracePeriod(0).delete();
        assertThat(client.pods().withName("p").get()).isNull();
    }

    @Test
    void removesAPodWithoutNodeAtOnce() {
        client.resource(SamplePod.pod("p")).create();

        client.pods().withName("p").delete();

        assertThat(client.pods().withName("p").get()).isNull();
    }

    @Test
    void removesAnEndedPodAtOnce() {
        client.resource(SamplePod.pod("p")).create();
        SamplePod.bind(client, "p", "node-1");
        client.pods()
                .withName("p")
                .editStatus(p -> new PodBuilder(p)
                        .editStatus()
                        .withPhase("Failed")
                        .endStatus()
                        .build());

        client.pods().withName("p").delete();

        assertThat(client.pods().withName("p").get()).isNull();
    }

    @Test
    void honoursThePreconditionOnTheResourceVersion() {
        Pod read = client.resource(SamplePod.pod("p")).create();
        client.pods()
                .withName("p")
                .edit(pod -> new PodBuilder(pod)
                        .editMetadata()
                        .addToLabels("moved", "on")
                        .endMetadata()
                        .build());

        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(() -> deleteAsOf(read.getMetadata().getResourceVersion()))
                .matches(e -> e.getCode() == 409);
        deleteAsOf(client.pods().withName("p").get().getMetadata().getResourceVersion());
        assertThat(client.pods().withName("p").get()).isNull();
    }

    private void deleteAsOf(String version) {
        client.raw(
                "/api/v1/namespaces/default/pods/p",
                "DELETE",
                Map.of("preconditions", Map.of("resourceVersion", version)));
    }

    @Test
    void honoursThePreconditionOnTheUid() {
        Pod pod = client.resource(SamplePod.pod("p")).create();
        Pod another = new PodBuilder(pod)
                .editMetadata()
                .withUid("another")
                .withResourceVersion(null)
                .endMetadata()
                .build();

        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(() -> client.raw(
                        "/api/v1/namespaces/default/pods/p",
                        "DELETE",
                        Map.of("preconditions", Map.of("uid", "another"))))
                .matches(e -> e.getCode() == 409);
        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(() ->
                        client.resource(another).subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE)))
                .matches(e -> e.getCode() == 409);
        assertThat(client.pods().withName("p").get()).isNotNull();
    }

    @Test
    void letsWatchersSeeTheWholeLifeOfAPod() {
        List<String> seen = new CopyOnWriteArrayList<>();
        Watch watch = client.pods().inAnyNamespace().watch(new Recorder(seen));
        try {
            client.resource(SamplePod.pod("p")).create();
            SamplePod.bind(client, "p", "node-1");
            client.pods().withName("p").delete();
            client.pods().withName("p").withGracePeriod(0).delete();

            await().untilAsserted(() -> assertThat(seen)
                    .containsExactly("ADDED", "MODIFIED node-1", "MODIFIED node-1 dying", "DELETED node-1 dying"));
        } finally {
            watch.close();
        }
    }

    /** Notes each event as a word or three. */
    private record Recorder(List<String> seen) implements Watcher<Pod> {
        @Override
        public void eventReceived(Action action, Pod pod) {
            String node = pod.getSpec().getNodeName();
            seen.add(action + (node == null ? "" : " " + node) + (pod.isMarkedForDeletion() ? " dying" : ""));
        }

        @Override
        public void onClose(WatcherException cause) {}
    }
}
