package dev.holdfast.monitoring;

import dev.holdfast.monitoring.query.QueryMetrics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Compares the metrics of all rules and panels with those that a Prometheus has scraped. */
final class ScrapedMetrics {
    private ScrapedMetrics() {}

    /**
     * Returns the metrics that were not scraped, or not with all labels that a rule or panel compares.
     *
     * @param variables of the dashboard
     * @return missing labels by metric; none for a metric without any series
     */
    static Map<String, Set<String>> missing(PrometheusApi prometheus, Map<String, String> variables)
            throws IOException, InterruptedException {
        Map<String, Set<String>> missing = new TreeMap<>();
        for (String expression : expressions(variables)) {
            QueryMetrics.of(expression)
                    .forEach((metric, labels) -> missing.computeIfAbsent(metric, name -> new TreeSet<>())
                            .addAll(labels));
        }
        prometheus
                .labels(missing.keySet())
                .forEach((metric, labels) ->
                        missing.computeIfPresent(metric, (name, compared) -> without(compared, labels)));
        return missing;
    }

    /**
     * Returns the selectors of all rules and panels that have found no series yet: of a metric with values of labels.
     *
     * @param variables of the dashboard
     */
    static Set<String> unmatched(PrometheusApi prometheus, Map<String, String> variables)
            throws IOException, InterruptedException {
        Set<String> selectors = new TreeSet<>();
        for (String expression : expressions(variables)) {
            selectors.addAll(QueryMetrics.selectors(expression));
        }
        Set<String> unmatched = new TreeSet<>();
        for (String selector : selectors) {
            if (prometheus.query("last_over_time(" + selector + "[1h])").isEmpty()) {
                unmatched.add(selector);
            }
        }
        return unmatched;
    }

    /** Returns null when nothing is left, which removes an entry. */
    private static @Nullable Set<String> without(Set<String> compared, Set<String> scraped) {
        compared.removeAll(scraped);
        return compared.isEmpty() ? null : compared;
    }

    private static List<String> expressions(Map<String, String> variables) throws IOException {
        List<String> expressions = new ArrayList<>(RuleFile.read().expressions());
        Dashboard.read().queries().forEach(query -> expressions.add(query.with(variables)));
        return expressions;
    }
}
