package dev.holdfast.plan.deviceclass;

import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClassSpec;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An extended resource that another DeviceClass has too. The scheduler uses the class that was created last, and of two that
 * were created in the same second the one whose name comes first (k8s.io/api/resource/v1, DeviceClassSpec).
 *
 * @param other  the other class, of several the one that wins
 * @param winner the class that the scheduler uses
 */
record SharedResource(String resource, String own, String other, String winner) {
    private static final Comparator<DeviceClass> BY_PRECEDENCE = Comparator.comparing(SharedResource::created)
            .reversed()
            .thenComparing(one -> one.getMetadata().getName());

    /**
     * @param present the own class; empty while it does not exist, when it is created last
     */
    static Optional<SharedResource> of(
            String own, Optional<DeviceClass> present, String resource, Collection<DeviceClass> all) {
        Optional<DeviceClass> other = all.stream()
                .filter(one -> !one.getMetadata().getName().equals(own))
                .filter(one -> Given.of(one.getSpec(), DeviceClassSpec::getExtendedResourceName)
                        .filter(resource::equals)
                        .isPresent())
                .min(BY_PRECEDENCE);
        return other.map(found -> new SharedResource(
                resource,
                own,
                found.getMetadata().getName(),
                present.flatMap(mine -> Stream.of(mine, found).min(BY_PRECEDENCE))
                        .map(first -> first.getMetadata().getName())
                        .orElse(own)));
    }

    private static String created(DeviceClass one) {
        return Given.of(one.getMetadata().getCreationTimestamp()).orElse("");
    }

    /** Returns whether the other class wins. */
    boolean isTaken() {
        return winner.equals(other);
    }

    String message() {
        return "DeviceClass %s has the same extendedResourceName %s; the scheduler uses DeviceClass %s, as the class that was created last wins; remove extendedResourceName from DeviceClass %s"
                .formatted(other, resource, winner, other);
    }
}
