package dev.holdfast.plan.claims;

import dev.holdfast.api.StandardAttributes;
import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceConstraint;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A constraint of a claim: the devices of its requests have the same value of an attribute.
 *
 * @param attribute qualified name, such as {@code resource.kubernetes.io/pcieRoot}
 * @param requests  names of the requests that it applies to; empty for all
 */
public record MatchConstraint(String attribute, Set<String> requests) {
    /** Attributes of devices that the operator reads: their values are not kept for others, which only the scheduler compares. */
    private static final Set<String> COMPARED = Set.of(StandardAttributes.PCIE_ROOT, StandardAttributes.NUMA_NODE);

    public MatchConstraint {
        requests = Set.copyOf(requests);
    }

    /** A place where devices match: one value of the attribute on one node. */
    private record Place(String node, String value) {}

    /** Returns the constraints of a claim that compare an attribute that the operator reads. */
    public static List<MatchConstraint> of(@Nullable ResourceClaimSpec spec) {
        return Given.list(Given.of(spec, ResourceClaimSpec::getDevices, DeviceClaim::getConstraints)).stream()
                .flatMap(constraint -> Given.of(constraint.getMatchAttribute())
                        .filter(COMPARED::contains)
                        .map(attribute -> new MatchConstraint(attribute, requests(constraint)))
                        .stream())
                .distinct()
                .toList();
    }

    private static Set<String> requests(DeviceConstraint constraint) {
        return Set.copyOf(Given.list(constraint.getRequests()));
    }

    boolean appliesTo(ClaimRequest request) {
        return requests.isEmpty() || requests.contains(request.name());
    }

    /**
     * Returns how many of the requests can have a device at the same time, if all of these have the same value of the
     * attribute.
     *
     * @param choices for each request the devices that satisfy it
     */
    int satisfiable(List<List<SliceDevice>> choices) {
        Map<Place, List<List<SliceDevice>>> byPlace = new HashMap<>();
        for (int request = 0; request < choices.size(); request++) {
            for (SliceDevice device : choices.get(request)) {
                Optional<Place> place = place(device);
                if (place.isPresent()) {
                    byPlace.computeIfAbsent(place.get(), any -> empty(choices.size()))
                            .get(request)
                            .add(device);
                }
            }
        }
        return byPlace.values().stream()
                .mapToInt(MatchConstraint::assigned)
                .max()
                .orElse(0);
    }

    private static List<List<SliceDevice>> empty(int requests) {
        return Stream.<List<SliceDevice>>generate(ArrayList::new)
                .limit(requests)
                .toList();
    }

    private Optional<Place> place(SliceDevice device) {
        return Given.of(device.attributes().get(attribute)).map(value -> new Place(device.node(), value));
    }

    /** Returns the largest number of requests that get a device of their own: a maximum bipartite matching. */
    private static int assigned(List<List<SliceDevice>> choices) {
        Map<SliceDevice, Integer> owners = new HashMap<>();
        int assigned = 0;
        for (int request = 0; request < choices.size(); request++) {
            assigned += assign(request, choices, owners, new HashSet<>()) ? 1 : 0;
        }
        return assigned;
    }

    private static boolean assign(
            int request,
            List<List<SliceDevice>> choices,
            Map<SliceDevice, Integer> owners,
            Collection<SliceDevice> tried) {
        for (SliceDevice device : choices.get(request)) {
            if (tried.add(device)) {
                Integer owner = owners.get(device);
                if (owner == null || assign(owner, choices, owners, tried)) {
                    owners.put(device, request);
                    return true;
                }
            }
        }
        return false;
    }
}
