package dev.holdfast.plan.simulation;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The violations of a schedule, and a log of the steps until then. */
final class Violations {
    private final boolean logged;
    private final List<String> history = new ArrayList<>();
    private final Set<String> kinds = new LinkedHashSet<>();
    private long now;

    Violations(boolean logged) {
        this.logged = logged;
    }

    void at(long millis) {
        now = millis;
    }

    /** Adds a line to the log. */
    void log(String format, @Nullable Object... values) {
        if (logged) {
            history.add("%9.2f s  %s".formatted(now / 1000.0, format.formatted(values)));
        }
    }

    /** Adds a violation. */
    void add(String kind, String format, @Nullable Object... values) {
        kinds.add(kind);
        log("!!! %s: %s", kind, format.formatted(values));
    }

    Set<String> kinds() {
        return kinds;
    }

    List<String> history() {
        return history;
    }
}
