package dev.holdfast.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

class FasterRulesTest {
    @Test
    void dividesEachDurationAndNothingElse() {
        assertThat(FasterRules.of("""
                # within 15m
                  - expr: time() - a{phase="b"} > 1800
                    for: 3m
                  - expr: increase(c[10m]) > 5 or c unless c offset 1h
                    for: 30s
                    text: for 10m, 30 minutes
                """, 30)).isEqualTo("""
                # within 15m
                  - expr: time() - a{phase="b"} > 60
                    for: 6000ms
                  - expr: increase(c[20000ms]) > 5 or c unless c offset 120000ms
                    for: 1000ms
                    text: for 10m, 30 minutes
                """);
    }

    /** The shipped rules, with every duration out of both texts. */
    @Test
    void leavesTheShippedRulesAsTheyAreButForTheirDurations() throws IOException {
        String shipped = Files.readString(RuleFile.FILE);

        String faster = FasterRules.of(shipped, 60);

        assertThat(withoutNumbers(faster)).isEqualTo(withoutNumbers(shipped));
        assertThat(rules(faster)).hasSameSizeAs(rules(shipped)).allSatisfy(rule -> {
            assertThat(rule.path("for").asText("0ms")).endsWith("ms");
            assertThat(rule.path("expr").asText()).doesNotContainPattern("\\[\\d+[smh]]|offset \\d+[smh]\\b|> \\d{3}");
        });
    }

    private static String withoutNumbers(String text) {
        return text.replaceAll("\\d+(ms|s|m|h)\\b", "D").replaceAll("(time\\(\\) - \\S+ > )\\d+", "$1N");
    }

    private static List<JsonNode> rules(String text) {
        return RuleFile.elements(Serialization.unmarshal(text, JsonNode.class).path("groups")).stream()
                .flatMap(group -> RuleFile.elements(group.path("rules")).stream())
                .toList();
    }
}
