package dev.holdfast.monitoring.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({
        "none, 3, 3",
        "none, 2.5, 2.50",
        "bytes, 0, 0 B",
        "bytes, 269746176, 257.3 MiB",
        "bytes, Infinity, no limit",
        "s, 0.025, 25 ms",
        "s, 90, 90 s",
        "s, 1800, 30 min",
        "s, 1796102581, 20788.2 d",
        "reqps, 0.5, 0.50/s",
        "reqps, 0.0042, 0.0042/s",
        "percentunit, 0.125, 12.5 %",
    })
    void showsAValueInItsUnit(String unit, double value, String expected) {
        assertThat(Units.text(unit, value)).isEqualTo(expected);
    }
}
