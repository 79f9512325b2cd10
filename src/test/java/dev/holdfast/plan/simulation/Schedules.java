package dev.holdfast.plan.simulation;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/** Many schedules, each by its own seed. */
final class Schedules {
    private static final int SHORTEST = 20;
    private static final int LONGEST = 160;

    private Schedules() {}

    /**
     * Runs {@code count} schedules.
     *
     * @param progress is told after each how many are done
     * @return of each kind of violation that was found, the smallest schedule of the first seed that shows it
     */
    static Map<String, String> run(long seed, long count, LongConsumer progress) {
        Map<String, String> found = new TreeMap<>();
        for (long i = 0; i < count; i++) {
            of(seed + i, found);
            progress.accept(i + 1);
        }
        return found;
    }

    private static void of(long seed, Map<String, String> found) {
        Random random = new Random(seed);
        var features = Feature.random(random);
        var schedule = Step.random(random, SHORTEST + random.nextInt(LONGEST - SHORTEST));
        for (String kind : Simulation.run(schedule, features, false).kinds()) {
            found.computeIfAbsent(
                    kind, missing -> "seed " + seed + ": " + new Shrinking(schedule, features, kind).story());
        }
    }
}
