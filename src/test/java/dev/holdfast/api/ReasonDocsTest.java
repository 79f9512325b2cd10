package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests the tables of the document that reasons point to: reason, meaning and remedy; some begin with a condition. */
final class ReasonDocsTest {
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

    /** Returns the remedies by reason. A reason with several messages has a row for each of them. */
    private static Map<String, List<String>> remedies() throws IOException {
        Map<String, List<String>> remedies = new LinkedHashMap<>();
        for (String line : section()) {
            List<String> cells =
                    Arrays.stream(line.split("\\|", -1)).map(String::strip).toList();
            if (!line.startsWith("|") || line.startsWith("|---") || cells.size() < 5) {
                continue;
            }
            String reasons = cells.get(cells.size() - 4).replaceAll(" with .*", "");
            NAME.matcher(reasons)
                    .results()
                    .forEach(name -> remedies.computeIfAbsent(name.group(1), any -> new ArrayList<>())
                            .add(cells.get(cells.size() - 2)));
        }
        return remedies;
    }

    private static List<String> section() throws IOException {
        String[] place = Reason.Running.anchor().split("#");
        List<String> lines = Files.readAllLines(Path.of("docs", place[0]));
        int heading = 0;
        while (heading < lines.size() && !anchor(lines.get(heading)).equals(place[1])) {
            heading++;
        }
        assertThat(heading).as("heading of #%s", place[1]).isLessThan(lines.size());
        return lines.subList(heading + 1, lines.size()).stream()
                .takeWhile(line -> !line.startsWith("## "))
                .toList();
    }

    /** Returns the anchor that GitHub generates for a heading. */
    private static String anchor(String line) {
        return line.startsWith("## ")
                ? line.substring(3)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-')
                : "";
    }
}
