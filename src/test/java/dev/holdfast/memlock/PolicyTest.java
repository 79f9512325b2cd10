package dev.holdfast.memlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.testbed.fixtures.MemlockInputBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PolicyTest {
    private static final MemlockInput MACHINE =
            MemlockInputBuilder.guest(1L << 30).build();
    private static final long REQUIRED = (1L << 30) + 262144;

    @ParameterizedTest
    @EnumSource(Policy.class)
    void computesTheRequiredBytesForEachPolicy(Policy policy) {
        MemlockPlan plan = policy.plan(MACHINE, policy == Policy.FIXED ? REQUIRED : null);

        assertThat(plan.policy()).isEqualTo(policy.toString());
        assertThat(plan.requiredBytes()).isEqualTo(REQUIRED);
        assertThat(plan.terms()).isEqualTo(ExactPolicy.plan(MACHINE).terms());
        assertThat(plan.addressSpaces()).isEqualTo(1);
    }

    @Test
    void usesTheFixedLimitUnchanged() {
        MemlockPlan plan = Policy.FIXED.plan(MACHINE, REQUIRED + 1);

        assertThat(plan.limitBytes()).isEqualTo(REQUIRED + 1);
        assertThat(plan.maxBytes()).isEqualTo(REQUIRED + 1);
        assertThat(plan.marginBytes()).isEqualTo(1);
    }

    @Test
    void reportsBothNumbersForAFixedLimitBelowTheRequiredBytes() {
        assertThatExceptionOfType(FixedPolicy.TooLowException.class)
                .isThrownBy(() -> Policy.FIXED.plan(MACHINE, REQUIRED - 1))
                .withMessageContaining(String.valueOf(REQUIRED - 1))
                .withMessageContaining(String.valueOf(REQUIRED));
    }

    @Test
    void hasNoLimitIfUnlimited() {
        MemlockPlan plan = Policy.UNLIMITED.plan(MACHINE, null);

        assertThat(plan.unlimited()).isTrue();
        assertThat(plan.limitBytes()).isNull();
        assertThat(plan.maxBytes()).isNull();
        assertThat(plan.marginBytes()).isZero();
    }

    @Test
    void requiresALimitForFixedOnly() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Policy.FIXED.plan(MACHINE, null))
                .withMessageContaining("policy Fixed requires a limit");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Policy.EXACT.plan(MACHINE, REQUIRED))
                .withMessageContaining("policy Exact computes its own");
    }
}
