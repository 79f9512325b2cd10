package dev.holdfast.telemetry.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class HealthServerTest {
    private final AtomicReference<Optional<String>> missing = new AtomicReference<>(Optional.of("caches not synced"));
    private final HttpClient client = HttpClient.newHttpClient();
    private HealthServer server;

    @BeforeEach
    void start() throws IOException {
        server = new HealthServer(0, missing::get, () -> "holdfast_vms 3\n", new SimpleMeterRegistry());
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    @Test
    void isAliveBeforeItIsReady() throws Exception {
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
        assertThat(get("/readyz").statusCode()).isEqualTo(503);
    }

    @Test
    void reportsWhatIsMissingUntilReady() throws Exception {
        assertThat(get("/readyz").body()).isEqualTo("caches not synced\n");

        missing.set(Optional.empty());

        assertThat(get("/readyz").statusCode()).isEqualTo(200);
    }

    @Test
    void servesMetricsInTheTextFormatWithItsVersion() throws Exception {
        HttpResponse<String> answer = get("/metrics");

        assertThat(answer.body()).isEqualTo("holdfast_vms 3\n");
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).contains("version=0.0.4"));
    }

    @Test
    void namesThePortThatIsInUse() {
        assertThatThrownBy(() -> new HealthServer(server.port(), missing::get, () -> "", new SimpleMeterRegistry()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("port " + server.port())
                .hasMessageContaining("--http-port");
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
