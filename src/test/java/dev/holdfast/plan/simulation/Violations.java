package dev.holdfast.plan.simulation;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What was found not to hold, and what happened until then for who wants to read it. */
final class Violations {
    private final boolean told;
    private final List<String> story = new ArrayList<>();
    private final Set<String> kinds = new LinkedHashSet<>();
    private long now;

    Violations(boolean told) {
        this.told = told;
    }

    void at(long millis) {
        now = millis;
    }

    /** One line of the story. */
    void say(String format, @Nullable Object... values) {
        if (told) {
            story.add("%9.2f s  %s".formatted(now / 1000.0, format.formatted(values)));
        }
    }

    /** Something that must not be. */
    void add(String kind, String format, @Nullable Object... values) {
        kinds.add(kind);
        say("!!! %s: %s", kind, format.formatted(values));
    }

    Set<String> kinds() {
        return kinds;
    }

    List<String> story() {
        return story;
    }
}
