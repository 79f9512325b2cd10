package dev.holdfast.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricReasonsTest {
    @Test
    void aReasonOfTheOperatorIsItsOwnLabel() {
        assertThat(MetricReasons.of("HeadroomLow")).isEqualTo("HeadroomLow");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CreateContainerConfigError", "headroomlow", ""})
    void allOtherReasonsHaveOneLabel(String reason) {
        assertThat(MetricReasons.of(reason)).isEqualTo("Other");
        assertThat(MetricReasons.warnings()).contains("Other");
    }

    @ParameterizedTest
    @EnumSource
    void aReasonOfAWarningIsAmongTheLabelsOfWarnings(Reason reason) {
        assertThat(MetricReasons.warnings().contains(MetricReasons.of(reason.name())))
                .isEqualTo(new Cause(reason, "").isWarning());
    }
}
