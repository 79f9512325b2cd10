package dev.holdfast.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The HTTP API of a Prometheus. */
final class PrometheusApi {
    private final Fetch fetch;

    /** Reads a page of Prometheus by its path. */
    interface Fetch {
        String body(String path) throws IOException, InterruptedException;
    }

    PrometheusApi(Fetch fetch) {
        this.fetch = fetch;
    }

    /** That of a process on a port of the loopback address. */
    static PrometheusApi onPort(HttpClient http, int port) {
        return new PrometheusApi(path -> http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body());
    }

    /** Returns whether it answers queries. */
    boolean isReady() throws InterruptedException {
        try {
            return fetch.body("/-/ready").contains("is Ready");
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Returns the result of a query; throws an AssertionError with the message of Prometheus if it has none. */
    List<JsonNode> query(String expression) throws IOException, InterruptedException {
        return RuleFile.elements(api("/query?query=" + encoded(expression)).path("result"));
    }

    /**
     * Returns the result of a query as series over time.
     *
     * @param start Unix time in seconds
     * @param step  in seconds
     */
    List<JsonNode> range(String expression, long start, long end, long step) throws IOException, InterruptedException {
        return RuleFile.elements(
                api("/query_range?query=%s&start=%d&end=%d&step=%d".formatted(encoded(expression), start, end, step))
                        .path("result"));
    }

    /** Returns the labels of the series that a query finds. */
    List<JsonNode> series(String query) throws IOException, InterruptedException {
        return query(query).stream().map(result -> result.path("metric")).toList();
    }

    /** Returns the names of the labels that the series of a metric had in the last hour. */
    Set<String> labels(String metric) throws IOException, InterruptedException {
        Set<String> labels = new TreeSet<>();
        series("last_over_time(" + metric + "[1h])")
                .forEach(series -> series.fieldNames().forEachRemaining(labels::add));
        return labels;
    }

    /** Returns the names of the alerts that a query of ALERTS finds. */
    Set<String> alerts(String query) throws IOException, InterruptedException {
        return series(query).stream()
                .map(alert -> alert.path("alertname").asText())
                .collect(Collectors.toCollection(TreeSet::new));
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
        String answer = fetch.body("/api/v1" + path);
        JsonNode body = Serialization.jsonMapper().readTree(answer);
        if (!body.path("status").asText().equals("success")) {
            throw new AssertionError(path + ": " + answer);
        }
        return body.path("data");
    }

    private static String encoded(String expression) {
        return URLEncoder.encode(expression, StandardCharsets.UTF_8);
    }
}
