package dev.holdfast.agent.loop;

import dev.holdfast.agent.dra.DraDriver;
import dev.holdfast.agent.plugin.CdiDirectory;
import dev.holdfast.agent.plugin.DevicePlugins;
import dev.holdfast.agent.plugin.GrantPlugin;
import dev.holdfast.agent.slice.DeviceAttributes;
import dev.holdfast.agent.slice.OtherOffers;
import dev.holdfast.agent.slice.SlicePublisher;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Receivers of offered devices.
 *
 * @param cdi     CDI directory, for the container runtime
 * @param plugins device plugins, for the kubelet
 * @param grant   grant resource, for the kubelet
 * @param dra     DRA driver, for the kubelet
 * @param slices  ResourceSlices, for the scheduler
 * @param others  offers of other drivers for the same devices
 * @param nodes   returns whether a function has its own device node of VFIO
 */
public record OfferReceivers(
        CdiDirectory cdi,
        DevicePlugins plugins,
        GrantPlugin grant,
        DraDriver dra,
        SlicePublisher slices,
        OtherOffers others,
        Predicate<PciAddress> nodes) {
    /**
     * Offers these devices and no others, except for those of claims.
     *
     * @param kvm whether VMs get /dev/kvm
     * @throws IOException when the CDI specification cannot be written
     */
    void offer(DeviceOffer offer, boolean kvm) throws IOException {
        cdi.write(offer.usable(), kvm);
        plugins.offer(offer.devices());
        cdi.writeGrant(kvm);
        grant.start();
    }

    /** Offers devices for claims; only when all grants are known, since none of their devices may be prepared. */
    void offerClaims(DeviceOffer offer, boolean kvm) {
        dra.offer(offer.claimable(), kvm);
    }

    /**
     * Publishes devices for claims; after the driver has them, which the kubelet asks to prepare them.
     *
     * @return maximum time until the next call
     */
    Duration publish(DeviceOffer offer, Collection<String> problems) {
        return slices.publish(
                offer.published().stream()
                        .map(group -> DeviceAttributes.of(group, nodes))
                        .toList(),
                problems);
    }

    /** Returns a message for each published group that another driver offers, too. */
    Map<GroupId, String> offeredTwice(DeviceOffer offer, Collection<String> problems) {
        return others.messages(offer.published(), problems);
    }

    /** Returns whether all is served, and registered where that is the agent's part. */
    boolean allServed() {
        return plugins.allRegistered() && grant.registered() && dra.served();
    }
}
