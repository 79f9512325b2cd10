package dev.holdfast.truth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchTest {
    private static final long PEAK = 256L << 20;
    private static final long LIMIT = PEAK + (256 << 10) + (1 << 20);
    private static final Scenario PLAIN = PromisesTest.named("q35");

    private final List<Long> limits = new ArrayList<>();

    @Test
    void runsUnderTheLimitThePeakAndOnePageLess() {
        Finding finding =
                find(PromisesTest.runs(PEAK), PromisesTest.runs(PEAK), PromisesTest.refused(PEAK - Bench.PAGE));

        assertThat(limits).containsExactly(LIMIT, PEAK, PEAK - Bench.PAGE);
        assertThat(finding.broken()).isEmpty();
    }

    @Test
    void looksAgainWhenThereWasAHigherPeak() {
        long seen = PEAK - 8 * Bench.PAGE;

        Finding finding = find(
                PromisesTest.runs(seen),
                PromisesTest.refused(seen),
                PromisesTest.runs(PEAK),
                PromisesTest.runs(PEAK),
                PromisesTest.refused(PEAK - Bench.PAGE));

        assertThat(limits).containsExactly(LIMIT, seen, LIMIT, PEAK, PEAK - Bench.PAGE);
        assertThat(finding.peakBytes()).isEqualTo(PEAK);
        assertThat(finding.broken()).isEmpty();
    }

    @Test
    void givesUpWhenThePeakIsNeverSeen() {
        long seen = PEAK - 8 * Bench.PAGE;

        Finding finding = find(
                PromisesTest.runs(seen),
                PromisesTest.refused(seen),
                PromisesTest.runs(seen),
                PromisesTest.runs(seen - Bench.PAGE),
                PromisesTest.runs(seen),
                PromisesTest.refused(seen - Bench.PAGE));

        assertThat(limits).containsExactly(LIMIT, seen, LIMIT, LIMIT, LIMIT, seen - Bench.PAGE);
        assertThat(finding.broken()).singleElement().asString().contains("so there was a higher one");
    }

    private Finding find(Run... runs) {
        Deque<Run> left = new ArrayDeque<>(List.of(runs));
        Finding finding = new Bench((scenario, limitBytes) -> {
                    limits.add(limitBytes);
                    return left.remove();
                })
                .find(PLAIN);
        assertThat(left).isEmpty();
        return finding;
    }

    @Test
    void takesTheFirmwareOfTheQemuFromItsTree() {
        List<String> argv = Bench.inTree(PromisesTest.named("ovmf-vga").argv(), "/run/qemu-tree");

        assertThat(argv.getFirst()).isEqualTo("/run/qemu-tree/launch/qemu-system-x86_64");
        assertThat(argv)
                .contains(
                        "if=pflash,format=raw,unit=0,readonly=on,file=/run/qemu-tree/usr/share/OVMF/OVMF_CODE_4M.fd",
                        "if=pflash,format=raw,unit=1,snapshot=on,file=/run/qemu-tree/usr/share/OVMF/OVMF_VARS_4M.fd")
                .noneMatch(word -> word.contains("=/usr/share"));
    }
}
