package dev.holdfast.truth;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All findings of one run with one combination. The component names are the contract of {@code target/kernel-truth.json}
 * and of the files of {@link Measured}.
 *
 * @param combination {@link Combination}, by its name
 * @param kernel      its version, as {@code uname -r} prints it
 * @param qemu        the first line of {@code qemu-system-x86_64 --version}
 */
public record Report(
        String combination, LocalDate date, String kernel, String qemu, double seconds, List<Finding> findings) {
    /** Seldomer looks would leave room for a peak in between. */
    static final double MIN_SAMPLES_PER_SECOND = 30;

    public Report {
        findings = List.copyOf(findings);
    }

    Optional<Finding> of(Scenario scenario) {
        return findings.stream()
                .filter(finding -> finding.scenario().equals(scenario.name()))
                .findFirst();
    }

    /** Returns a message for each broken promise, of the product or of the measurement. */
    List<String> broken() {
        List<String> broken = new ArrayList<>();
        for (Finding finding : findings) {
            String where = combination + ", " + finding.scenario();
            finding.broken().forEach(message -> broken.add(where + ": " + message));
            if (finding.samplesPerSecond() < MIN_SAMPLES_PER_SECOND) {
                broken.add(
                        "%s: the account was looked at %.0f times a second, but at least %.0f are needed; the host is too busy"
                                .formatted(where, finding.samplesPerSecond(), MIN_SAMPLES_PER_SECOND));
            }
        }
        return broken;
    }
}
