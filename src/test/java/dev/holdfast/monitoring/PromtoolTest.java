package dev.holdfast.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.monitoring.PrometheusPrograms.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Debian's promtool accepts the shipped files, and runs the unit tests of the rules. */
@Slow
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PromtoolTest {
    private PrometheusPrograms programs = new PrometheusPrograms(Path.of(""));

    static List<Path> tests() throws IOException {
        return AlertsTest.files();
    }

    @BeforeAll
    void find() throws IOException, InterruptedException {
        programs = PrometheusPrograms.find();
    }

    @Test
    void acceptsTheRules() throws Exception {
        Output output = programs.promtool("check", "rules", "--lint=all", "--lint-fatal", RuleFile.FILE.toString());

        assertThat(output.status()).as(output.text()).isZero();
    }

    /** Debian's promtool does not know the discovery of Kubernetes, so it is replaced by a list of pods. */
    @Test
    void acceptsTheScrapeConfiguration(@TempDir Path directory) throws Exception {
        ScrapeJob.Pod pod = new ScrapeJob.Pod("10.0.0.1:8080", "n1", "holdfast", "a", "agent", "http", "Running");
        Path file = Files.writeString(
                directory.resolve("prometheus.yaml"),
                ScrapeJob.withPods(Map.of("holdfast-agent", List.of(pod)), "30s", RuleFile.FILE));

        Output output = programs.promtool("check", "config", "--lint=all", "--lint-fatal", file.toString());

        assertThat(output.status()).as(output.text()).isZero();
        assertThat(output.text()).contains("rules found");
    }

    @ParameterizedTest
    @MethodSource("tests")
    void theUnitTestsOfTheRulesSucceed(Path file) throws Exception {
        Output output = programs.promtool("test", "rules", file.toString());

        assertThat(output.status()).as(output.text()).isZero();
        assertThat(output.text()).contains("SUCCESS");
    }
}
