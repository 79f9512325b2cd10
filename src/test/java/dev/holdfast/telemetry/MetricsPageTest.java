package dev.holdfast.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.telemetry.AgentMeters.DeviceKind;
import dev.holdfast.telemetry.http.HttpMeters;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of metrics in docs/monitoring.md lists every meter of Holdfast with its labels, and no other. */
class MetricsPageTest {
    private static final Pattern ROW =
            Pattern.compile("^\\| `(holdfast_\\w+)` \\|([^|]*)\\|[^|]*\\| (\\w+) \\|", Pattern.MULTILINE);
    private static final Pattern FAMILY = Pattern.compile("^# TYPE (holdfast_\\w+) ", Pattern.MULTILINE);
    private static final Pattern LABEL = Pattern.compile("[{,](\\w+)=");
    private static final Pattern CODE = Pattern.compile("`(\\w+)`");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    @Test
    void documentsAllMetricsOfTheAgent() throws IOException {
        new HttpMeters(registry);
        AgentMeters meters = new AgentMeters(registry);
        meters.refused("Garbage", Duration.ZERO);
        meters.bind("Bound", Duration.ZERO);
        meters.registered("gpu", true);
        meters.pluginsRegistered(Map.of("gpu", true));
        meters.driverRegistered(true);
        meters.slices().written("create");
        meters.claimPrepared("prepared", Duration.ZERO);
        meters.claimUnprepared(true);
        meters.devices(Map.of(new DeviceKind("gpu", "Free"), 1), 1, 0);
        meters.vms(List.of(new VmMemory("lab", "vm", 1, 1, 0, 1L, 2, 1L)));

        assertThat(registered()).isEqualTo(documented("agent"));
    }

    @Test
    void documentsAllMetricsOfTheOperator() throws IOException {
        new HttpMeters(registry);
        OperatorMeters meters = new OperatorMeters(registry);
        meters.countVms(List.of("Running"), phase -> 1);
        meters.countUndecodable("Pod", () -> 1);
        meters.countNotReady().set(List.of(new NotReadyVms("Pending", "Scheduling", 1, Instant.EPOCH)), 0);
        meters.leads(() -> true);
        meters.podCreated();
        meters.warned("HeadroomLow");
        meters.started("Total", Duration.ZERO);

        assertThat(registered()).isEqualTo(documented("operator"));
    }

    private static Map<String, Set<String>> documented(String from) throws IOException {
        return ROW.matcher(Files.readString(Path.of("docs/monitoring.md")))
                .results()
                .filter(row -> row.group(3).equals(from) || row.group(3).equals("both"))
                .collect(Collectors.toMap(
                        row -> row.group(1), row -> names(CODE, row.group(2)), (one, two) -> one, TreeMap::new));
    }

    private Map<String, Set<String>> registered() {
        String scraped = registry.scrape();
        return FAMILY.matcher(scraped)
                .results()
                .map(family -> family.group(1))
                // Micrometer adds a maximum to every timer.
                .filter(name -> !name.endsWith("_seconds_max"))
                .collect(
                        Collectors.toMap(name -> name, name -> labels(scraped, name), (one, two) -> one, TreeMap::new));
    }

    private static Set<String> labels(String scraped, String name) {
        Set<String> labels = scraped.lines()
                .filter(line -> line.matches(name + "(_bucket|_sum|_count)?\\{.*"))
                .map(line -> names(LABEL, line.substring(line.indexOf('{'))))
                .collect(TreeSet::new, Set::addAll, Set::addAll);
        // Bounds of the buckets of a histogram.
        labels.remove("le");
        return labels;
    }

    private static Set<String> names(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
