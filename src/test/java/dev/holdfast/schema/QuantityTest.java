package dev.holdfast.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that quantities are read as by ParseQuantity of apimachinery. */
class QuantityTest {
    @ParameterizedTest
    @CsvSource({
        "4Gi, 4294967296",
        "0.5Gi, 536870912",
        "4G, 4000000000",
        "1e9, 1000000000",
        "1E3, 1000",
        "2E, 2000000000000000000",
        "1048576000m, 1048576",
        "+1Gi, 1073741824",
        "-1.5, -1.5",
        "1., 1",
        ".5, 0.5",
        "., 0",
        "+, 0",
        "Gi, 0",
        "007k, 7000",
        "1e-12, 0.000000001",
        "-1n, -0.000000001",
        "9Ei, 9223372036854775807",
        "-9Ei, -9223372036854775807",
        "9E, 9000000000000000000",
    })
    void readsTheSameValuesAsKubernetes(String text, BigDecimal value) {
        assertThat(Quantity.parse(text))
                .hasValueSatisfying(quantity -> assertThat(quantity.value()).isEqualByComparingTo(value));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "1Gi ", " 1Gi", "4GB", "lots", "1e", "1+5", "1,5", "--1", "1Gi2", "1\n", "0x10", "1eE5"
            })
    void refusesTheSameTextsAsKubernetes(String text) {
        assertThat(Quantity.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e999", "1e-999", "1e999999999", "1e-999999999"})
    void comparesQuantitiesOutOfAllBounds(String text) {
        Quantity quantity = Quantity.parse(text).orElseThrow();

        assertThat(quantity.compareTo(Quantity.of(1))).isEqualTo(text.contains("-") ? -1 : 1);
        assertThat(quantity.sign()).isEqualTo(1);
    }
}
