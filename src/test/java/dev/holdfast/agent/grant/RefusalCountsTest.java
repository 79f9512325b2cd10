package dev.holdfast.agent.grant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.grant.RefusalCounts.Folded;
import dev.holdfast.testbed.fixtures.SettableClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusalCountsTest {
    private final SettableClock clock = new SettableClock();
    private final RefusalCounts counts = new RefusalCounts(clock::nanoTime);

    @Test
    void distinguishesTheFirstRefusalOfEachPodAndReason() {
        assertThat(counts.isFirst("a", "NotThisPod")).isTrue();
        assertThat(counts.isFirst("a", "NotThisPod")).isFalse();
        assertThat(counts.isFirst("a", "Garbage")).isTrue();
        assertThat(counts.isFirst("b", "NotThisPod")).isTrue();
    }

    @Test
    void combinesAThousandRefusalsIntoOneLinePerInterval() {
        for (int i = 0; i < 1000; i++) {
            counts.isFirst("a", "NotThisPod");
            assertThat(counts.due()).isEmpty();
        }

        clock.goOn(RefusalCounts.INTERVAL);
        assertThat(counts.due()).containsExactly(new Folded("a", "NotThisPod", 999));
        assertThat(counts.due()).isEmpty();

        assertThat(counts.isFirst("a", "NotThisPod")).isFalse();
        clock.goOn(RefusalCounts.INTERVAL);
        assertThat(counts.due()).containsExactly(new Folded("a", "NotThisPod", 1));
    }

    @Test
    void forgetsPodsWithoutARefusalForAnInterval() {
        counts.isFirst("a", "NotThisPod");
        clock.goOn(RefusalCounts.INTERVAL);
        assertThat(counts.due()).isEmpty();

        assertThat(counts.isFirst("a", "NotThisPod")).isTrue();
    }

    @Test
    void keepsABoundedNumberAndLosesNoCount() {
        List<Folded> folded = new ArrayList<>();
        int lines = 0;
        for (int round = 0; round < 2; round++) {
            for (int pod = 0; pod < 2000; pod++) {
                lines += counts.isFirst("pod-" + pod, "Garbage") ? 1 : 0;
                lines += counts.isFirst("pod-" + pod, "Garbage") ? 1 : 0;
                folded.addAll(counts.due());
            }
        }
        clock.goOn(RefusalCounts.INTERVAL.plus(Duration.ofSeconds(1)));
        folded.addAll(counts.due());

        assertThat(lines + folded.stream().mapToLong(Folded::times).sum()).isEqualTo(8000);
        assertThat(folded).extracting(Folded::podUid).contains("pod-0");
    }
}
