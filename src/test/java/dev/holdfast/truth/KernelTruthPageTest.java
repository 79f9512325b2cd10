package dev.holdfast.truth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The page that {@code make kernel-truth} wrote is about the calculator as it is now, else it has to be run again. */
class KernelTruthPageTest {
    private static final Path PAGE = Path.of("docs", "kernel-truth.md");

    /** The columns that need no kernel: title, memory and the limits. */
    private static final int COMPUTED = 6;

    static Stream<Scenario> scenarios() {
        return Scenarios.all().stream();
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void hasWhatIsComputedToday(Scenario scenario) throws IOException {
        Finding today = Finding.of(scenario, PromisesTest.runs(4096), null, null);

        assertThat(rows())
                .contains(computed(Table.of(List.of(today)).lines().toList().getLast()));
    }

    @Test
    void hasARowForEachScenarioAndNothingBroken() throws IOException {
        assertThat(rows()).hasSameSizeAs(Scenarios.all());
        assertThat(Files.readString(PAGE))
                .doesNotContain(Outcome.RAN.toString(), Outcome.ENDED_OTHERWISE.toString(), "does not run");
    }

    private static List<List<String>> rows() throws IOException {
        return Files.readString(PAGE)
                .lines()
                .filter(line -> line.startsWith("| "))
                .skip(2)
                .map(KernelTruthPageTest::computed)
                .toList();
    }

    private static List<String> computed(String row) {
        return Arrays.stream(row.split("\\|"))
                .map(String::strip)
                .skip(1)
                .limit(COMPUTED)
                .toList();
    }
}
