package dev.holdfast.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.monitoring.query.QueryMetrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each counter whose growth a rule or panel computes exists from the start, with all its labels: one that appears with its
 * first event has no increase then, so the event would not be seen.
 */
@Slow
class RatedCountersTest {
    private static final String VALUE = " [^ ]+$";
    private static final String LABELS = "\\{.*";

    @TempDir
    Path directory;

    private Set<String> rated = Set.of();

    @BeforeEach
    void read() throws IOException {
        rated = Stream.concat(
                        RuleFile.read().expressions().stream(),
                        Dashboard.read().queries().stream().map(Dashboard.Query::expression))
                .flatMap(expression -> QueryMetrics.rated(expression).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void eventsOfTheAgentAddNoSeries() throws Exception {
        try (AgentPage page = AgentPage.startIdle()) {
            Set<String> before = series(page.text());

            page.count();

            assertThat(series(page.text())).isNotEmpty().isEqualTo(before);
        }
    }

    @Test
    void eventsOfTheOperatorAddNoSeries() throws Exception {
        try (OperatorPage page = OperatorPage.startIdle(directory)) {
            Set<String> before = series(page.text());

            page.addRunningVm();
            page.addWaitingVm();

            assertThat(series(page.text())).isNotEmpty().isEqualTo(before);
        }
    }

    @Test
    void eachIsOnThePageOfAnAgentOrOperatorWithoutEvents() throws Exception {
        try (AgentPage agent = AgentPage.startIdle();
                OperatorPage operator = OperatorPage.startIdle(directory)) {
            Set<String> names = series(agent.text() + operator.text()).stream()
                    .map(series -> series.replaceAll(LABELS, ""))
                    .collect(Collectors.toSet());

            assertThat(names).isEqualTo(rated).hasSizeGreaterThan(10);
        }
    }

    /** Returns those of the counters, with their labels. */
    private Set<String> series(String page) {
        return page.lines()
                .map(line -> line.replaceAll(VALUE, ""))
                .filter(series -> rated.contains(series.replaceAll(LABELS, "")))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
