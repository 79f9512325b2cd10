package dev.holdfast.monitoring;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

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
        List<String> expressions = new ArrayList<>(RuleFile.read().expressions());
        Dashboard.read().queries().forEach(query -> expressions.add(query.with(variables)));
        Map<String, Set<String>> missing = new TreeMap<>();
        for (String expression : expressions) {
            for (Map.Entry<String, Set<String>> metric :
                    QueryMetrics.of(expression).entrySet()) {
                Set<String> scraped = prometheus.labels(metric.getKey());
                Set<String> labels = new TreeSet<>(metric.getValue());
                labels.removeAll(scraped);
                if (!labels.isEmpty() || scraped.isEmpty()) {
                    missing.put(metric.getKey(), labels);
                }
            }
        }
        return missing;
    }
}
