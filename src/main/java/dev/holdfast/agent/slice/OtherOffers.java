package dev.holdfast.agent.slice;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.ObjectPath;
import dev.holdfast.agent.slice.ForeignDevices.Offer;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.pci.GroupId;
import dev.holdfast.text.FailureText;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Groups that this agent publishes and that the slice of another driver offers, too: neither the scheduler nor the kubelet
 * compares the two. The slices of this node are read when the published groups change, and at intervals; a watch would
 * deliver each change of each driver. Not thread-safe.
 */
public final class OtherOffers {
    private static final Duration INTERVAL = Duration.ofMinutes(5);

    private final ApiClient server;
    private final String nodeName;
    private final Clock clock;
    private Instant due = Instant.MIN;
    private Set<GroupId> compared = Set.of();
    private Map<GroupId, String> messages = Map.of();
    private boolean truncated;

    /** Creates the object; nothing is read yet. */
    public OtherOffers(ApiClient server, String nodeName, Clock clock) {
        this.server = server;
        this.nodeName = nodeName;
        this.clock = clock;
    }

    /**
     * Returns a message for each published group that another driver offers. Without a published group nothing is read.
     *
     * @param problems receives a message when the slices cannot be read, or not all of them
     */
    public Map<GroupId, String> messages(List<DeviceGroup> published, Collection<String> problems) {
        Set<GroupId> ids = published.stream().map(DeviceGroup::id).collect(Collectors.toSet());
        if (ids.isEmpty()) {
            return Map.of();
        }
        Instant now = clock.instant();
        if (!now.isBefore(due) || !ids.equals(compared)) {
            due = now.plus(INTERVAL);
            compared = ids;
            try {
                ForeignDevices found = server.get(
                                ObjectPath.firstResourceSlicesOf(nodeName, ForeignDevices.MAX_SLICES),
                                ForeignDevices::read)
                        .orElse(ForeignDevices.NONE);
                truncated = found.truncated();
                messages = compare(published, found.offers());
            } catch (ApiServerException e) {
                problems.add("cannot compare the devices with those of other drivers: " + FailureText.of(e));
            }
        }
        if (truncated) {
            problems.add("node " + nodeName + " has more than " + ForeignDevices.MAX_SLICES + " ResourceSlices or "
                    + ForeignDevices.MAX_DEVICES
                    + " devices in them; only these are compared with the devices of Holdfast");
        }
        return messages;
    }

    static Map<GroupId, String> compare(List<DeviceGroup> published, List<Offer> offers) {
        Map<GroupId, String> found = new TreeMap<>();
        for (DeviceGroup group : published) {
            offers.stream()
                    .filter(offer ->
                            group.members().stream().map(PciFunction::address).anyMatch(offer.address()::equals))
                    .findFirst()
                    .ifPresent(offer -> found.put(
                            group.id(),
                            "%s is offered by driver %s, too, as device %s of pool %s, so two pods could be given it; exclude it from that driver, or from device class %s"
                                    .formatted(
                                            offer.address(),
                                            offer.driver(),
                                            offer.device(),
                                            offer.pool(),
                                            group.deviceClass())));
        }
        return Map.copyOf(found);
    }
}
