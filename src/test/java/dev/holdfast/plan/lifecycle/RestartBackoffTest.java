package dev.holdfast.plan.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class RestartBackoffTest {
    @Test
    void pausesAsTheKubeletDoes() {
        assertThat(RestartBackoff.STANDARD.delay(0)).isEqualTo(Duration.ofSeconds(10));
        assertThat(RestartBackoff.STANDARD.delay(100)).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void forgivesAVmThatRanForTenMinutes() {
        assertThat(RestartBackoff.STANDARD.restartsAfter(4, Duration.ofSeconds(599)))
                .isEqualTo(4);
        assertThat(RestartBackoff.STANDARD.restartsAfter(4, Duration.ofMinutes(10)))
                .isZero();
    }
}
