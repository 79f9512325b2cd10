package dev.holdfast.agent.loop;

import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;

/** Logs each problem once as long as it lasts. Not thread-safe. */
final class ProblemLog {
    private final Logger log;
    private final Set<String> known = new HashSet<>();

    ProblemLog(Logger log) {
        this.log = log;
    }

    /** Logs the problems that were not there at the last call. */
    void update(Set<String> problems) {
        known.retainAll(problems);
        problems.stream()
                .filter(known::add)
                .sorted()
                .forEach(problem -> log.atWarn().log(problem));
    }
}
