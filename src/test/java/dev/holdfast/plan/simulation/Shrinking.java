package dev.holdfast.plan.simulation;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Reduces a failing schedule to the steps and features that it needs to fail. */
final class Shrinking {
    private final String kind;
    private List<Step> schedule;
    private Set<Feature> features;

    /**
     * Reduces a schedule that shows one kind of violation.
     *
     * @param kind the kind of violation to keep
     */
    Shrinking(List<Step> schedule, Set<Feature> features, String kind) {
        this.schedule = schedule;
        this.features = features;
        this.kind = kind;
    }

    /** Returns the smallest schedule found, with its log. */
    String history() {
        dropFeatures();
        for (int chunk = Math.max(1, schedule.size() / 2); chunk >= 1; chunk /= 2) {
            while (dropSteps(chunk)) {}
        }
        dropFeatures();
        return "%s by %s%n  features %s%n%s"
                .formatted(
                        kind,
                        schedule,
                        features,
                        String.join(
                                "\n", Simulation.run(schedule, features, true).history()));
    }

    private boolean dropSteps(int chunk) {
        boolean any = false;
        for (int at = 0; at < schedule.size(); ) {
            List<Step> fewer = new ArrayList<>(schedule.subList(0, at));
            fewer.addAll(schedule.subList(Math.min(schedule.size(), at + chunk), schedule.size()));
            if (fails(fewer, features)) {
                schedule = fewer;
                any = true;
            } else {
                at += chunk;
            }
        }
        return any;
    }

    private void dropFeatures() {
        for (Feature feature : List.copyOf(features)) {
            Set<Feature> fewer = EnumSet.copyOf(features);
            fewer.remove(feature);
            if (fails(schedule, fewer)) {
                features = fewer;
            }
        }
    }

    private boolean fails(List<Step> fewerSteps, Set<Feature> fewerFeatures) {
        return Simulation.run(fewerSteps, fewerFeatures, false).kinds().contains(kind);
    }
}
