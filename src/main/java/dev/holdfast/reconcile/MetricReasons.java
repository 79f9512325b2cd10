package dev.holdfast.reconcile;

import dev.holdfast.api.Reason;
import java.util.List;
import java.util.stream.Stream;

/** Reasons as labels of metrics. Their number is bounded: all but those of {@link Reason} have one label together. */
final class MetricReasons {
    /** The kubelet's own reasons, and those of other versions: their number has no bound. */
    static final String OTHER = "Other";

    private MetricReasons() {}

    static String of(String reason) {
        return Reason.of(reason).map(Reason::name).orElse(OTHER);
    }

    /** Returns the labels that a warning can have. */
    static List<String> warnings() {
        return Stream.concat(
                        Stream.of(Reason.values())
                                .filter(reason -> reason.severity() == Reason.Severity.WARNING)
                                .map(Reason::name),
                        Stream.of(OTHER))
                .toList();
    }
}
