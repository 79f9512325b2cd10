package dev.holdfast.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests that values are printed as by Go: the expected texts are the output of Go 1.26. */
class GoTextTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1 | 1",
                "1.5 | 1.5",
                "1e20 | 1e+20",
                "123456.5 | 123456.5",
                "1234567.5 | 1.2345675e+06",
                "0.0001 | 0.0001",
                "0.00001 | 1e-05",
                "-2.5e-7 | -2.5e-07",
                "99999999999999999999 | 1e+20",
                "true | true",
                "null | null",
                "[1, 1e20, 1e21, \"<\"] | [1,100000000000000000000,1e+21,\"\\u003c\"]",
                "{\"b\": 1, \"a\": {}} | {\"a\":{},\"b\":1}",
            })
    void printsValues(String json, String text) throws JsonProcessingException {
        assertThat(GoText.value(JsonMapper.builder().build().readTree(json))).isEqualTo(text);
    }

    @Test
    void quotesTextAsGoDoes() {
        assertThat(GoText.quoted("a\"b\\c\n\t\u0007\u0001\u007f\u00a0\u200b\ud83d\ude00\u00e9\ue000\ud800"))
                .isEqualTo("\"a\\\"b\\\\c\\n\\t\\a\\x01\\x7f\\u00a0\\u200b\ud83d\ude00\u00e9\\ue000\ufffd\"");
    }
}
