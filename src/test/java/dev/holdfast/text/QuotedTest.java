package dev.holdfast.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuotedTest {
    /** ESC, the one-character CSI, line ends of YAML and Unicode, a mark that changes the direction, a byte order mark. */
    @ParameterizedTest
    @ValueSource(ints = {0x1b, 0x9b, 0x85, 0x2028, 0x2029, 0x202e, 0x2066, 0xfeff, 0})
    void escapesCharactersThatControlATerminalOrEndALine(int character) {
        String hostile = "a" + Character.toString(character) + "b";

        assertThat(Quoted.escaped(hostile)).isEqualTo("a\\u{%x}b".formatted(character));
        assertThat(Quoted.plain(hostile)).isEqualTo("a\\u{%x}b".formatted(character));
    }

    @Test
    void keepsLettersOfAllLanguages() {
        assertThat(Quoted.escaped("  größer 数 🙂 ")).isEqualTo("  größer 数 🙂 ");
    }

    @Test
    void cutsALongTextAndPutsItOnOneLine() {
        assertThat(Quoted.of("a\n  b" + "c".repeat(100)))
                .hasSize(83)
                .startsWith("\"a bcc")
                .endsWith("c…\"");
    }
}
