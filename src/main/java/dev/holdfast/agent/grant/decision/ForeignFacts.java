package dev.holdfast.agent.grant.decision;

import dev.holdfast.agent.slice.ForeignDevices;
import dev.holdfast.agent.slice.ForeignDevices.Offer;
import dev.holdfast.api.node.Grant;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.pci.PciAddress;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Facts about devices of other drivers.
 *
 * @param devices   devices that each driver of the pod's claims offers on this node, by the driver's name
 * @param inventory devices of the node at this moment
 * @param respond   returns whether functions respond
 * @param grants    grants of running VMs
 */
public record ForeignFacts(
        Map<String, ForeignDevices> devices,
        Inventory inventory,
        Predicate<Collection<PciAddress>> respond,
        List<Grant> grants) {
    /** Facts of a pod whose claims have no device of another driver. */
    public static final ForeignFacts NONE = new ForeignFacts(Map.of(), Inventory.EMPTY, any -> false, List.of());

    public ForeignFacts {
        devices = Map.copyOf(devices);
        grants = List.copyOf(grants);
    }

    /** Finds a device as a claim names it. */
    ForeignDevices.Found find(String driver, String pool, String device) {
        return devices.getOrDefault(driver, ForeignDevices.NONE).find(driver, pool, device);
    }

    /** Returns a device that is this function; empty when it is none of its own. */
    Optional<Offer> offer(PciAddress function) {
        return devices.values().stream()
                .flatMap(driver -> driver.offers().stream())
                .filter(offer -> offer.address().equals(function))
                .findFirst();
    }
}
