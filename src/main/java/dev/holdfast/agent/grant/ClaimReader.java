package dev.holdfast.agent.grant;

import dev.holdfast.agent.dra.ClaimFacts;
import dev.holdfast.agent.grant.decision.ClaimedDevice;
import dev.holdfast.agent.grant.decision.ForeignFacts;
import dev.holdfast.agent.grant.decision.PodFacts;
import dev.holdfast.agent.plugin.HeldDevices;
import dev.holdfast.agent.slice.ForeignDevices;
import dev.holdfast.api.Names;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.inventory.CurrentInventory;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads the facts about the claims of a pod. Thread-safe. */
final class ClaimReader {
    private final String node;
    private final Cluster cluster;
    private final HeldDevices heldDevices;
    private final CurrentInventory current;
    private final GrantRegistry registry;

    ClaimReader(
            String node, Cluster cluster, HeldDevices heldDevices, CurrentInventory current, GrantRegistry registry) {
        this.node = node;
        this.cluster = cluster;
        this.heldDevices = heldDevices;
        this.current = current;
        this.registry = registry;
    }

    /** Reads the claims of a pod; none for the pod of a VM without devices by claim. */
    ClaimedDevice.Facts read(GrantRequest request, PodFacts pod) throws IOException {
        Map<String, ClaimFacts> claims = new TreeMap<>();
        for (String name : pod.claims().names()) {
            cluster.claim(request.namespace(), name).ifPresent(claim -> claims.put(name, claim));
        }
        return new ClaimedDevice.Facts(
                request.namespace(),
                node,
                pod,
                claims,
                claims.isEmpty() ? List.of() : heldDevices.claimsOf(request.namespace(), request.name()),
                foreign(claims.values()));
    }

    /** Reads the devices of other drivers that claims have allocated, and the bus, which these drivers may have changed. */
    private ForeignFacts foreign(Collection<ClaimFacts> claims) throws IOException {
        Map<String, ForeignDevices> devices = new TreeMap<>();
        for (ClaimFacts claim : claims) {
            for (ClaimFacts.Result result : claim.results()) {
                String driver = result.driver();
                if (!driver.equals(Names.DRA_DRIVER) && !devices.containsKey(driver)) {
                    devices.put(driver, cluster.foreignDevices(node, driver));
                }
            }
        }
        return devices.isEmpty()
                ? ForeignFacts.NONE
                : new ForeignFacts(devices, current.read(), current::respond, registry.live());
    }
}
