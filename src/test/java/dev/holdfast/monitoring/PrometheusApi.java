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
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

    /** Returns the names of the labels that the series of each metric have had; no metric without series. */
    Map<String, Set<String>> labels(Set<String> metrics) throws IOException, InterruptedException {
        Map<String, Set<String>> labels = new TreeMap<>();
        String selector = "{__name__=~\"" + String.join("|", metrics) + "\"}";
        RuleFile.elements(api("/series?match%5B%5D=" + encoded(selector)))
                .forEach(series -> series.fieldNames()
                        .forEachRemaining(labels.computeIfAbsent(
                                series.path("__name__").asText(), name -> new TreeSet<>())::add));
        return labels;
    }

    /** Returns the names of the alerts that a query of ALERTS finds. */
    Set<String> alerts(String query) throws IOException, InterruptedException {
        return series(query).stream()
                .map(alert -> alert.path("alertname").asText())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns health, job, namespace, pod, container and node of each active target, a line for each. */
    List<String> targets() throws IOException, InterruptedException {
        return activeTargets().stream()
                .map(target -> target.path("health").asText() + " "
                        + Stream.of("job", "namespace", "pod", "container", "node")
                                .map(label -> target.path("labels").path(label).asText())
                                .collect(Collectors.joining(" ")))
                .toList();
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
