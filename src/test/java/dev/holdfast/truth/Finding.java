package dev.holdfast.truth;

import dev.holdfast.memlock.ExactPolicy;
import dev.holdfast.memlock.LibvirtPolicy;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.memlock.MemlockPlan;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Computed values of a scenario and the kernel's measured ones. The component names define the format of
 * {@code target/kernel-truth.json}.
 *
 * @param memoryBytes            all memory that the guest sees
 * @param requiredBytes          the sum of what is counted
 * @param limitBytes             the policy Exact
 * @param libvirtBytes           the policy Libvirt
 * @param kubevirtBytes          {@link Kubevirt}
 * @param peakBytes              the most that the kernel had charged, under {@code limitBytes}
 * @param tightness              limit ÷ peak; below 1 would be impossible, 1.00 is perfect
 * @param longestGapMilliseconds the longest time between two samples
 * @param peakSuffices           the same guest ran under exactly {@code peakBytes}
 * @param onePageBelow           the same guest under one page less than that; null when there was no peak
 * @param broken                 a message for each broken promise
 */
public record Finding(
        String scenario,
        String title,
        long memoryBytes,
        long requiredBytes,
        long limitBytes,
        long libvirtBytes,
        long kubevirtBytes,
        long peakBytes,
        double tightness,
        double libvirtTightness,
        double kubevirtTightness,
        double samplesPerSecond,
        long longestGapMilliseconds,
        boolean peakSuffices,
        @Nullable OnePageBelow onePageBelow,
        List<String> broken) {

    /**
     * The guest that had one page too little.
     *
     * @param kernel the kernel's line, empty when it said nothing
     * @param qemu   QEMU's line about it, empty when there was none
     */
    public record OnePageBelow(long limitBytes, String outcome, String kernel, String qemu) {
        static OnePageBelow of(Run run, long limitBytes) {
            return new OnePageBelow(
                    limitBytes,
                    Outcome.of(run, limitBytes).toString(),
                    run.kernel().stream().findFirst().orElse(""),
                    run.qemu().stream()
                            .filter(line -> line.contains("Cannot allocate memory"))
                            .findFirst()
                            .orElse(""));
        }
    }

    public Finding {
        broken = List.copyOf(broken);
    }

    /** @param atPeak and {@code below} are null when there was no peak to go by */
    static Finding of(Scenario scenario, Run atLimit, @Nullable Run atPeak, @Nullable Run below) {
        MemlockPlan plan = ExactPolicy.plan(scenario.input());
        long limitBytes = Objects.requireNonNull(plan.limitBytes());
        long libvirtBytes = LibvirtPolicy.sum(scenario.input()).bytes();
        long kubevirtBytes = Kubevirt.limitBytes(
                scenario.memoryBytes(),
                1,
                scenario.input().displays().stream().anyMatch(display -> display.model() != Video.NONE));
        double peak = atLimit.peakBytes();
        return new Finding(
                scenario.name(),
                scenario.title(),
                scenario.memoryBytes(),
                plan.requiredBytes(),
                limitBytes,
                libvirtBytes,
                kubevirtBytes,
                atLimit.peakBytes(),
                limitBytes / peak,
                libvirtBytes / peak,
                kubevirtBytes / peak,
                atLimit.samplesPerSecond(),
                atLimit.longestGapMillis(),
                atPeak != null && atPeak.end() == Run.End.SETTLED,
                below == null ? null : OnePageBelow.of(below, atLimit.peakBytes() - Bench.PAGE),
                Promises.broken(scenario, plan, atLimit, atPeak, below));
    }
}
