package dev.holdfast.monitoring;

import static dev.holdfast.testbed.Progress.eventually;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testbed.HostProcess;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A real Prometheus on the loopback address, with data in a folder of the test. */
final class PrometheusServer implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final HostProcess process;
    private final int port;

    private PrometheusServer(PrometheusPrograms programs, Path folder, String configuration) throws IOException {
        Path file = Files.writeString(folder.resolve("prometheus.yaml"), configuration);
        port = freePort();
        process = HostProcess.start(
                "prometheus",
                List.of(
                        programs.prometheus().toString(),
                        "--config.file=" + file,
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port),
                Map.of(),
                folder.resolve("prometheus.log"));
    }

    static PrometheusServer start(PrometheusPrograms programs, Path folder, String configuration) throws IOException {
        PrometheusServer server = new PrometheusServer(programs, folder, configuration);
        eventually("Prometheus is ready")
                .failFast(server.process::checkAlive)
                .ignoreExceptions()
                .until(() -> server.get("/-/ready").statusCode() == 200);
        return server;
    }

    /** Returns the result of a query; throws an AssertionError with the message of Prometheus if it has none. */
    List<JsonNode> query(String expression) throws IOException, InterruptedException {
        return RuleFile.elements(api("/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8))
                .path("result"));
    }

    List<JsonNode> activeTargets() throws IOException, InterruptedException {
        return RuleFile.elements(api("/targets?state=active").path("activeTargets"));
    }

    List<JsonNode> rules() throws IOException, InterruptedException {
        return RuleFile.elements(api("/rules").path("groups")).stream()
                .flatMap(group -> RuleFile.elements(group.path("rules")).stream())
                .toList();
    }

    private JsonNode api(String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = get("/api/v1" + path);
        JsonNode body = Serialization.jsonMapper().readTree(answer.body());
        if (!body.path("status").asText().equals("success")) {
            throw new AssertionError(path + ": " + answer.body());
        }
        return body.path("data");
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** Prometheus does not report the port that the kernel chose for port 0. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        process.close();
        http.close();
    }
}
