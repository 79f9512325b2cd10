package dev.holdfast.plan.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/** {@code make simulate}: runs any number of schedules. */
public final class Simulate {
    private static final long SHOWN = 10_000;

    private Simulate() {}

    /** Takes the first seed and the number of schedules; exits with 1 on a violation. */
    public static void main(String[] arguments) {
        long seed = Long.parseLong(arguments[0]);
        long count = Long.parseLong(arguments[1]);
        Instant begin = Instant.now();
        Map<String, String> found = Schedules.run(seed, count, done -> {
            if (done % SHOWN == 0 || done == count) {
                long seconds =
                        Math.max(1, Duration.between(begin, Instant.now()).toSeconds());
                System.out.printf(
                        "%d of %d schedules, %d a second, seeds %d to %d%n",
                        done, count, done / seconds, seed, seed + done - 1);
            }
        });
        found.values().forEach(history -> System.out.println("\n" + history));
        System.out.println(found.isEmpty() ? "all held" : "did not hold: " + found.keySet());
        System.exit(found.isEmpty() ? 0 : 1);
    }
}
