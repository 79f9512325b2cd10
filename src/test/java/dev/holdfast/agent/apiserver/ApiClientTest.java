package dev.holdfast.agent.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.api.node.DeviceState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests as they are sent, and the results of all kinds of answers. */
class ApiClientTest {
    @TempDir
    Path directory;

    private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> accepted = new LinkedBlockingQueue<>();
    private HttpServer http;
    private int status = 200;
    private String answer = "{}";
    private ApiClient server;

    private record Kind(String kind) {}

    private record Reported(@Nullable DeviceState state) {}

    @BeforeEach
    void start() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", exchange -> {
            accepted.add(exchange.getRequestHeaders().getFirst("Accept"));
            requests.add("%s %s %s %s %s"
                    .formatted(
                            exchange.getRequestMethod(),
                            exchange.getRequestURI(),
                            exchange.getRequestHeaders().getFirst("Content-Type"),
                            exchange.getRequestHeaders().getFirst("Authorization"),
                            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        http.start();
        server = new ApiClient(new InClusterConfig(
                URI.create("http://127.0.0.1:" + http.getAddress().getPort()),
                null,
                () -> Map.of("Authorization", "Bearer t")));
    }

    @AfterEach
    void stop() {
        server.close();
        http.stop(0);
    }

    @Test
    void getsCreatesAndApplies() throws Exception {
        answer = "{\"kind\":\"Pod\"}";

        assertThat(server.get(Kind.class, "/api/v1/x")).hasValue(new Kind("Pod"));
        server.create("/api/v1/xs", Map.of("a", 1));
        server.apply("/api/v1/x", "me", Map.of("b", 2));

        assertThat(requests)
                .containsExactly(
                        "GET /api/v1/x null Bearer t ",
                        "POST /api/v1/xs application/json Bearer t {\"a\":1}",
                        "PATCH /api/v1/x?force=true&fieldManager=me application/apply-patch+yaml Bearer t {\"b\":2}");
    }

    @Test
    void readsTheReportOfANewerAgent() throws Exception {
        answer = "{\"state\":\"Sideways\",\"speed\":[1]}";

        assertThat(server.get(Reported.class, "/api/v1/x")).hasValue(new Reported(null));
    }

    @Test
    void requestsMetadataOnlyAndSkipsOtherFields() throws Exception {
        answer = "{\"metadata\":{\"uid\":\"u1\",\"ownerReferences\":null},\"spec\":{\"a\":[{}]}}";

        assertThat(server.metadata("/api/v1/x", ObjectMeta::ofObject)).hasValue(new ObjectMeta("u1", false, List.of()));
        assertThat(accepted)
                .containsExactly("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json");
    }

    @Test
    void reportsExceededBounds() {
        answer = "{\"metadata\":{\"uid\":\"" + "u".repeat(1000) + "\"}}";
        assertThatThrownBy(() -> server.metadata("/api/v1/x", ObjectMeta::ofObject))
                .isInstanceOf(ApiServerException.class)
                .hasMessage("string of 1000 characters in \"uid\"; at most 253 are allowed");

        answer = "{\"metadata\":{\"ownerReferences\":[" + "{},".repeat(64) + "{}]}}";
        assertThatThrownBy(() -> server.metadata("/api/v1/x", ObjectMeta::ofObject))
                .hasMessage("more than 64 elements in \"ownerReferences\"");

        answer = "{\"metadata\":7}";
        assertThatThrownBy(() -> server.metadata("/api/v1/x", ObjectMeta::ofObject))
                .hasMessage("VALUE_NUMBER_INT in \"metadata\"; an object is required");
    }

    @Test
    void returnsEmptyForAMissingObject() throws Exception {
        status = 404;

        assertThat(server.get(Kind.class, "/api/v1/x")).isEmpty();
    }

    @Test
    void reportsTheRequestAndTheReasonOfARefusal() {
        status = 409;
        answer = "{\"kind\":\"Status\",\"message\":\"the object has been modified\"}";

        assertThatExceptionOfType(ApiServerException.class)
                .isThrownBy(() -> server.create("/api/v1/xs", Map.of()))
                .withMessage("the API server answered POST /api/v1/xs with status 409: the object has been modified")
                .satisfies(e -> assertThat(e.status()).isEqualTo(409));
    }

    @Test
    void refusesAnAnswerOfAProxy() {
        answer = "<html>be patient</html>";

        assertThatThrownBy(() -> server.get(Kind.class, "/api/v1/x"))
                .isInstanceOf(ApiServerException.class)
                .hasMessageStartingWith("the answer to GET /api/v1/x is not valid JSON: ");
        status = 502;
        assertThatThrownBy(() -> server.get(Kind.class, "/api/v1/x"))
                .hasMessage("the API server answered GET /api/v1/x with status 502: no reason given");
    }

    @Test
    void reportsAServerThatIsNotListening() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        try (ApiClient absent = new ApiClient(InClusterConfig.at(URI.create("http://127.0.0.1:" + port)))) {
            assertThatExceptionOfType(ApiServerException.class)
                    .isThrownBy(() -> absent.get(Kind.class, "/api/v1/x"))
                    .withMessageStartingWith("the API server did not answer GET /api/v1/x: ")
                    .satisfies(e -> assertThat(e.status()).isZero());
        }
    }

    @Test
    void reportsInvalidCertificates() throws IOException {
        Path pem = Files.writeString(directory.resolve("ca.crt"), "-----BEGIN CERTIFICATE-----\nno\n");

        assertThatThrownBy(() -> new ApiClient(new InClusterConfig(URI.create("https://h"), pem, Map::of)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("certificates in " + pem + " cannot be used: ");
    }

    @Test
    void refusesNamesThatChangeThePath() {
        assertThatThrownBy(() -> ObjectPath.pod("lab", "../secrets")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ObjectPath.node("a?b=c")).isInstanceOf(IllegalArgumentException.class);
        assertThat(ObjectPath.passthroughVM("lab", "trainer"))
                .isEqualTo("/apis/holdfast.dev/v1alpha1/namespaces/lab/passthroughvms/trainer");
    }
}
