package dev.holdfast.convert.draft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Tests that parsers of YAML 1.1 and 1.2 read the written values. */
class YamlTextTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "a",
                "yes",
                "No",
                "null",
                "~",
                "1",
                "1e3",
                "0x10",
                "12:30:45",
                "64Gi",
                "a: b",
                "a #b",
                "- a",
                "a:",
                ":a",
                "line\nline",
                "line\n",
                "line\n\nline\n",
                "line\n\n",
                "\nline",
                " line\nline",
                "tab\tin it\n",
                "#cloud-config\na: 1\n",
                "trailing blank \nnext",
                "\"quoted\"",
                "back\\slash",
                "é",
                "é\nü\n",
                "\u0085",
                "\u2028a\nb",
                "\ufeff\na",
                "\u0000",
                "emoji 😀",
                "...",
                "---\na",
                "%a",
                "@a",
                "`a",
                "!a",
                "&a",
                "*a",
                "|",
                ">",
                "{",
                "[a",
                "?",
                "a?b",
                "\r\n",
                "a\rb\n",
            })
    void isReadAsTheSameText(String text) {
        assertThat(reread(Map.of("a", text, "b", List.of(text)))).isEqualTo(Map.of("a", text, "b", List.of(text)));
        assertThat(old(Map.of("a", text))).isEqualTo(Map.of("a", text));
    }

    @Test
    void isReadAsTheSameTextForAnyText() {
        Random random = new Random(7);
        String letters = "ab \n\n\t:#-'\"\\{}[],&*!|>%@`0.é😀~?";
        for (int i = 0; i < 3000; i++) {
            StringBuilder text = new StringBuilder();
            for (int j = random.nextInt(12); j > 0; j--) {
                text.append(letters.charAt(random.nextInt(letters.length())));
            }
            String whole = new String(
                    text.toString()
                            .codePoints()
                            .filter(letter -> letter < 0xd800 || letter > 0xdfff)
                            .toArray(),
                    0,
                    (int) text.toString()
                            .codePoints()
                            .filter(letter -> letter < 0xd800 || letter > 0xdfff)
                            .count());
            Map<String, Object> document = Map.of("k", Map.of("x" + whole, List.of(Map.of("y", whole))));
            assertThat(reread(document)).isEqualTo(document);
        }
    }

    @Test
    void writesBlocksListsAndComments() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", Draft.commented("gpu0", "a\nplaceholder"));
        document.put("list", List.of(Draft.entry("a", 1, "b", Map.of()), List.of(true)));
        document.put("empty", List.of());

        assertThat(YamlText.of(document)).isEqualTo("""
                name: gpu0 # a placeholder
                list:
                  - a: 1
                    b: {}
                  -
                    - true
                empty: []
                """);
        assertThat(reread(document))
                .isEqualTo(Map.of(
                        "name",
                        "gpu0",
                        "list",
                        List.of(Map.of("a", 1, "b", Map.of()), List.of(true)),
                        "empty",
                        List.of()));
    }

    private static Object reread(Map<?, ?> document) {
        return new Load(LoadSettings.builder().build()).loadFromString(YamlText.of(document));
    }

    private static Object old(Map<?, ?> document) {
        return new org.yaml.snakeyaml.Yaml().load(YamlText.of(document));
    }
}
