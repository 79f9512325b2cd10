package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The tables of reasons on the page {@link Reason#DOCUMENT}: reason, cause and remedy. */
final class ReasonDocsTest {
    /** Other tables of the page are of messages, or of the reasons of others. */
    private static final String HEADER = "| `kubectl` shows | cause | remedy |";

    /** Three, and what is before the first and after the last bar. */
    private static final int COLUMNS = 5;

    private static final Pattern NAME = Pattern.compile("`([A-Z][A-Za-z]+)`");

    @ParameterizedTest
    @EnumSource
    void eachReasonHasARemedy(Reason reason) throws IOException {
        assertThat(remedies()).containsKey(reason.name());
        assertThat(remedies().get(reason.name()))
                .isNotEmpty()
                .allSatisfy(remedy -> assertThat(remedy).isNotBlank());
    }

    @Test
    void eachRowIsOfAReasonThatExists() throws IOException {
        assertThat(remedies().keySet())
                .isNotEmpty()
                .allSatisfy(name -> assertThat(Reason.of(name)).as(name).isPresent());
    }

    /** Remedies by reason. A reason that is reported with certain words has a row for each of them. */
    private static Map<String, List<String>> remedies() throws IOException {
        Map<String, List<String>> remedies = new LinkedHashMap<>();
        boolean ofReasons = false;
        for (String line : Files.readAllLines(Path.of("docs", Reason.DOCUMENT))) {
            List<String> cells =
                    Arrays.stream(line.split("\\|", -1)).map(String::strip).toList();
            if (cells.size() != COLUMNS) {
                ofReasons = false;
            } else if (line.equals(HEADER)) {
                ofReasons = true;
            } else if (ofReasons && !line.startsWith("|---")) {
                String reasons = cells.get(1).replaceAll(" with .*", "");
                NAME.matcher(reasons)
                        .results()
                        .forEach(name -> remedies.computeIfAbsent(name.group(1), any -> new ArrayList<>())
                                .add(cells.get(3)));
            }
        }
        return remedies;
    }
}
