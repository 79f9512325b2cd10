package dev.holdfast.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.monitoring.PrometheusPrograms.Output;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
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

    @ParameterizedTest
    @MethodSource("tests")
    void theUnitTestsOfTheRulesSucceed(Path file) throws Exception {
        Output output = programs.promtool("test", "rules", file.toString());

        assertThat(output.status()).as(output.text()).isZero();
        assertThat(output.text()).contains("SUCCESS");
    }
}
