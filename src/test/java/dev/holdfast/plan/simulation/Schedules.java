package dev.holdfast.plan.simulation;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/** Runs many schedules, each with its own seed. */
final class Schedules {
    private static final int SHORTEST = 20;
    private static final int LONGEST = 160;

    private Schedules() {}

    /**
     * Runs {@code count} schedules.
     *
     * @param progress gets the number of finished schedules after each
     * @return the smallest schedule of one seed for each kind of violation that was found
     */
    static Map<String, String> run(long seed, long count, LongConsumer progress) {
        Map<String, String> found = new ConcurrentSkipListMap<>();
        AtomicLong done = new AtomicLong();
        LongStream.range(seed, seed + count).parallel().forEach(one -> {
            of(one, found);
            progress.accept(done.incrementAndGet());
        });
        return found;
    }

    private static void of(long seed, Map<String, String> found) {
        Random random = new Random(seed);
        Set<Feature> features = Feature.random(random);
        List<Step> schedule = Step.random(random, SHORTEST + random.nextInt(LONGEST - SHORTEST));
        for (String kind : Simulation.run(schedule, features, false).kinds()) {
            found.computeIfAbsent(
                    kind, missing -> "seed " + seed + ": " + new Shrinking(schedule, features, kind).history());
        }
    }
}
