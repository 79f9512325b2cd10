package dev.holdfast.truth;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;

/**
 * All findings of one run: {@code target/kernel-truth.json}.
 *
 * @param kernel and {@code qemu} by their versions
 */
public record Report(LocalDate date, String kernel, String qemu, double seconds, List<Finding> findings) {
    /** Seldomer looks would leave room for a peak in between. */
    static final double MIN_SAMPLES_PER_SECOND = 30;

    public Report {
        findings = List.copyOf(findings);
    }

    /** A sentence for each promise that did not hold, of the product or of the measurement. */
    List<String> broken() {
        List<String> broken = new ArrayList<>();
        for (Finding finding : findings) {
            finding.broken().forEach(sentence -> broken.add(finding.scenario() + ": " + sentence));
            if (finding.samplesPerSecond() < MIN_SAMPLES_PER_SECOND) {
                broken.add(
                        "%s: the account was looked at %.0f times a second, but at least %.0f are needed; the host is too busy"
                                .formatted(finding.scenario(), finding.samplesPerSecond(), MIN_SAMPLES_PER_SECOND));
            }
        }
        return broken;
    }
}
