package dev.holdfast.agent.grant.decision;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.grant.GrantFixtures;
import dev.holdfast.agent.grant.decision.LimitDecision.Limit;
import dev.holdfast.agent.grant.decision.LimitDecision.Refused;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.host.kernel.Rlimit;
import java.util.Random;
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
        assertThat(LimitDecision.of(GrantFixtures.exact(), measuredMib == null ? null : measuredMib * MIB))
                .isEqualTo(new Limit(limitMib * MIB));
    }

    @Test
    void refusesOneByteAboveTheMaximumWithBothNumbers() {
        assertThat(LimitDecision.of(GrantFixtures.exact(), 63 * MIB + 1))
                .isInstanceOfSatisfying(Refused.class, refused -> {
                    assertThat(refused.why().reason()).isEqualTo(RefusalCode.MORE_THAN_MAX);
                    assertThat(refused.why().message())
                            .contains(
                                    Long.toString(63 * MIB + 1), Long.toString(64 * MIB + 1), Long.toString(64 * MIB));
                });
    }

    @Test
    void refusesMoreThanTheLimitWhenThePlanNamesNoMaximum() {
        assertThat(LimitDecision.of(GrantFixtures.plan("Exact", 32 * MIB, null, false), 32 * MIB))
                .isInstanceOf(Refused.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 60) + 1})
    void refusesAnImpossibleMeasurement(long measured) {
        assertThat(LimitDecision.of(GrantFixtures.exact(), measured))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.why().reason()).isEqualTo(RefusalCode.ABSURD_MEASUREMENT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Fixed", "Libvirt", "exact", ""})
    void otherPoliciesIgnoreMeasurements(String policy) {
        assertThat(LimitDecision.of(GrantFixtures.plan(policy, 32 * MIB, 64 * MIB, false), 40 * MIB))
                .isEqualTo(new Limit(32 * MIB));
    }

    /** An impossible measurement shows that the peer does not report what it measured, whatever the policy. */
    @ParameterizedTest
    @ValueSource(strings = {"Fixed", "Libvirt", "Unlimited"})
    void refusesAnImpossibleMeasurementUnderEveryPolicy(String policy) {
        assertThat(LimitDecision.of(GrantFixtures.plan(policy, 32 * MIB, 64 * MIB, policy.equals("Unlimited")), -1L))
                .isInstanceOf(Refused.class);
    }

    @Test
    void neverExceedsTheMaximum() {
        Random random = new Random(7);
        for (int i = 0; i < 10_000; i++) {
            long measured = random.nextLong() >>> random.nextInt(64);
            switch (LimitDecision.of(GrantFixtures.exact(), measured)) {
                case Limit limit ->
                    assertThat(limit.bytes()).isBetween(GrantFixtures.LIMIT_BYTES, GrantFixtures.MAX_BYTES);
                case Refused refused ->
                    assertThat(measured < 0 || measured > GrantFixtures.MAX_BYTES - GrantFixtures.MARGIN_BYTES)
                            .as("%d is refused", measured)
                            .isTrue();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, Long.MIN_VALUE, -1})
    void refusesAnInvalidMargin(long margin) {
        Memlock plan = new Memlock("Exact", 31 * MIB, margin, 32 * MIB, 64 * MIB, false, 1, null, null, null, null);

        assertThat(LimitDecision.of(plan, 60 * MIB))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.why().reason()).isEqualTo(RefusalCode.UNUSABLE_PLAN));
    }

    @Test
    void unlimitedIsInfinity() {
        assertThat(LimitDecision.of(GrantFixtures.plan("Unlimited", null, null, true), 5 * MIB))
                .isEqualTo(new Limit(Rlimit.INFINITY));
    }

    @ParameterizedTest
    @CsvSource({",", "0", "-1"})
    void aMissingLimitDoesNotBecomeNoLimit(@Nullable Long limit) {
        assertThat(LimitDecision.of(GrantFixtures.plan("Exact", limit, 64 * MIB, false), null))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.why().reason()).isEqualTo(RefusalCode.UNUSABLE_PLAN));
    }
}
