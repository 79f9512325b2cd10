package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BackoffTest {
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(10), Duration.ofMinutes(5));

    @ParameterizedTest
    @CsvSource({"0,10", "1,20", "2,40", "3,80", "4,160", "5,300", "6,300", "1000000,300"})
    void doublesUpToTheLongest(int earlier, long seconds) {
        assertThat(BACKOFF.delay(earlier)).isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @CsvSource({"0,10", "9,10", "11,11", "299,299", "301,300"})
    void waitsAsLongAsItHasFailed(long failing, long seconds) {
        assertThat(BACKOFF.delayAfter(Duration.ofSeconds(failing))).isEqualTo(Duration.ofSeconds(seconds));
    }

    @Test
    void aRetryDelayStartsOverAfterASuccess() {
        RetryDelay delay = new RetryDelay();
        delay.failed();
        assertThat(delay.failed()).isEqualTo(Duration.ofSeconds(2));

        delay.succeeded();

        assertThat(delay.failed()).isEqualTo(Duration.ofSeconds(1));
    }
}
