package dev.holdfast.monitoring.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({
        "none, 3, 3",
        "none, 2.5, 2.5",
        "none, 0.00001, 0",
        "bytes, 0, 0 B",
        "bytes, 269746176, 257.3 MiB",
        "bytes, Infinity, no limit",
        "s, 0.025, 25 ms",
        "s, 90, 90 s",
        "s, 1800, 30 min",
        "s, 1796102581, 20788.2 d",
        "reqps, 0.5, 0.5/s",
        "bytes, 68719480832, 64 GiB",
        "reqps, 0.0042, 0.0042/s",
        "percentunit, 0.125, 12.5 %",
    })
    void showsAValueInItsUnit(String unit, double value, String expected) {
        assertThat(Units.text(unit, value)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "none, 0, 1",
        "none, 1, 1",
        "none, 1.04, 2",
        "none, 7, 8",
        "none, 93, 100",
        "reqps, 0.0035, 0.004",
        "bytes, 3, 4",
        "bytes, 68719480832, 80 GiB",
        "bytes, 1023, 1.95 KiB",
        "s, 0.508, 600 ms",
        "s, 33, 40 s",
        "s, 1980, 40 min",
        "s, 90000, 40 h",
    })
    void roundsTheEndOfAnAxisUp(String unit, double value, String expected) {
        String shown = Units.text(unit, Units.roundedUp(unit, value));

        assertThat(Units.roundedUp(unit, value)).isGreaterThanOrEqualTo(value);
        assertThat(shown.split("/s", -1)[0].replace(" B", "")).isEqualTo(expected);
    }
}
