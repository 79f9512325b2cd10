package dev.holdfast.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BackoffTest {
    @ParameterizedTest
    @CsvSource({"0,10", "1,20", "2,40", "3,80", "4,160", "5,300", "6,300", "1000000,300"})
    void doublesUpToFiveMinutes(int restarts, long seconds) {
        assertThat(Backoff.STANDARD.delay(restarts)).isEqualTo(Duration.ofSeconds(seconds));
    }

    @Test
    void forgivesAMachineThatRanForTenMinutes() {
        assertThat(Backoff.STANDARD.restartsAfter(4, Duration.ofSeconds(599))).isEqualTo(4);
        assertThat(Backoff.STANDARD.restartsAfter(4, Duration.ofMinutes(10))).isZero();
    }
}
