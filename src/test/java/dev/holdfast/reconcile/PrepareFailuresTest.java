package dev.holdfast.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.testbed.apiserver.MockApiServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The Events about devices that cannot be prepared. */
final class PrepareFailuresTest {
    private static final Pod POD = Serialization.unmarshal("""
            apiVersion: v1
            kind: Pod
            metadata: {namespace: lab, name: gpu-vm, uid: uid-p, creationTimestamp: "2026-11-29T12:00:00Z"}
            spec: {nodeName: node-1, containers: [{name: qemu}]}
            status:
              phase: Pending
              conditions: [{type: PodScheduled, status: "True", lastTransitionTime: "2026-11-29T12:00:00Z"}]
            """, Pod.class);

    private static final Instant A_MINUTE_LATER = Instant.parse("2026-11-29T12:01:00Z");

    private final BlockingQueue<String> queries = new LinkedBlockingQueue<>();

    /** More Events of a pod than a kubelet makes before it combines them, and one that it has combined. */
    @Test
    void areTheLatestOfAllEventsOfThePodInOneBoundedRequest() throws IOException {
        String events = IntStream.rangeClosed(10, 35)
                .mapToObj(second -> event("2026-11-29T12:00:%dZ".formatted(second), "device %d".formatted(second)))
                .collect(Collectors.joining(","));
        HttpServer server = serve(events);
        try (KubernetesClient client =
                client("http://127.0.0.1:" + server.getAddress().getPort())) {
            assertThat(new PrepareFailures(client).of(POD, A_MINUTE_LATER))
                    .hasValue("NodePrepareResources failed for ResourceClaim c: device 35");
        } finally {
            server.stop(0);
        }
        assertThat(queries)
                .singleElement()
                .asString()
                .startsWith("/api/v1/namespaces/lab/events?")
                .contains("involvedObject.uid=uid-p")
                .contains("reason=FailedPrepareDynamicResources")
                .containsPattern("limit=\\d+");
        assertThat(Integer.parseInt(queries.remove().replaceFirst(".*limit=(\\d+).*", "$1")))
                .isBetween(26, 100);
    }

    private HttpServer serve(String events) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            queries.add(URLDecoder.decode(exchange.getRequestURI().toString(), StandardCharsets.UTF_8));
            byte[] body = """
                    {"apiVersion": "v1", "kind": "EventList", "metadata": {}, "items": [%s]}
                    """.formatted(events).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static String event(String time, String failure) {
        return """
                {"apiVersion": "v1", "kind": "Event", "reason": "FailedPrepareDynamicResources",
                 "metadata": {"namespace": "lab", "name": "gpu-vm.%1$s"}, "lastTimestamp": "%1$s",
                 "involvedObject": {"kind": "Pod", "uid": "uid-p"},
                 "message": "(combined from similar events): Failed to prepare dynamic resources: prepare dynamic \
                resources: NodePrepareResources failed for ResourceClaim c: %2$s"}
                """.formatted(time, failure);
    }

    private static KubernetesClient client(String url) {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.empty())
                        .withMasterUrl(url)
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build();
    }

    /** A VM that is to be stopped must not wait for an explanation. */
    @Test
    void doNotPreventAReconciliationWhenTheyCannotBeRead() {
        String url;
        try (MockApiServer server = MockApiServer.start()) {
            url = server.url();
        }
        try (KubernetesClient client = client(url)) {
            assertThat(new PrepareFailures(client).of(POD, A_MINUTE_LATER)).isEmpty();
        }
    }
}
