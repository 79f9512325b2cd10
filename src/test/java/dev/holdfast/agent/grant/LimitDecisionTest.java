package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.grant.LimitDecision.Limit;
import dev.holdfast.agent.grant.LimitDecision.Refused;
import dev.holdfast.host.Rlimit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitDecisionTest {
    private static final long MIB = 1L << 20;

    @ParameterizedTest
    @CsvSource({
        // measured MiB, limit MiB: 32 by plan, margin 1, at most 64
        ", 32",
        "0, 32",
        "31, 32",
        "32, 33",
        "40, 41",
        "63, 64"
    })
    void aMeasurementRaisesTheExactLimitUpToTheMaximum(@Nullable Long measuredMib, long limitMib) {
        assertThat(LimitDecision.of(Given.exact(), measuredMib == null ? null : measuredMib * MIB))
                .isEqualTo(new Limit(limitMib * MIB));
    }

    @Test
    void refusesOneByteMoreThanTheMaximumWithBothNumbers() {
        assertThat(LimitDecision.of(Given.exact(), 63 * MIB + 1)).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.why().reason()).isEqualTo(RefusalReason.MORE_THAN_MAX);
            assertThat(refused.why().sentence())
                    .contains(Long.toString(63 * MIB + 1), Long.toString(64 * MIB + 1), Long.toString(64 * MIB));
        });
    }

    @Test
    void refusesMoreThanTheLimitWhenThePlanNamesNoMaximum() {
        assertThat(LimitDecision.of(Given.plan("Exact", 32 * MIB, null, false), 32 * MIB))
                .isInstanceOf(Refused.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 60) + 1})
    void refusesWhatNobodyCanHaveMeasured(long measured) {
        assertThat(LimitDecision.of(Given.exact(), measured))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.why().reason()).isEqualTo(RefusalReason.ABSURD_MEASUREMENT));
    }

    @Test
    void otherPoliciesDoNotListenToMeasurements() {
        assertThat(LimitDecision.of(Given.plan("Fixed", 32 * MIB, 32 * MIB, false), 40 * MIB))
                .isEqualTo(new Limit(32 * MIB));
    }

    @Test
    void unlimitedIsInfinity() {
        assertThat(LimitDecision.of(Given.plan("Unlimited", null, null, true), 5 * MIB))
                .isEqualTo(new Limit(Rlimit.INFINITY));
    }

    @ParameterizedTest
    @CsvSource({",", "0", "-1"})
    void aMissingLimitDoesNotBecomeNoLimit(@Nullable Long limit) {
        assertThat(LimitDecision.of(Given.plan("Exact", limit, 64 * MIB, false), null))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.why().reason()).isEqualTo(RefusalReason.UNUSABLE_PLAN));
    }
}
