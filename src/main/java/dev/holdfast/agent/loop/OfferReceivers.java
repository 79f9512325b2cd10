package dev.holdfast.agent.loop;

import dev.holdfast.agent.dra.ClaimedClasses;
import dev.holdfast.agent.dra.DraDriver;
import dev.holdfast.agent.plugin.CdiDirectory;
import dev.holdfast.agent.plugin.DevicePlugins;
import java.io.IOException;

/**
 * Receivers of offered devices.
 *
 * @param cdi     CDI directory, for the container runtime
 * @param plugins device plugins, for the kubelet
 * @param dra     DRA driver, for the kubelet
 * @param claimed decides which classes the driver offers
 */
public record OfferReceivers(CdiDirectory cdi, DevicePlugins plugins, DraDriver dra, ClaimedClasses claimed) {
    /**
     * Offers these devices and no others, except for those of claims.
     *
     * @param kvm whether VMs get /dev/kvm
     * @throws IOException when the CDI specification cannot be written
     */
    void offer(DeviceOffer offer, boolean kvm) throws IOException {
        cdi.write(offer.usable(), kvm);
        plugins.offer(offer.devices());
    }

    /** Offers devices for claims; only when all grants are known, since none of their devices may be prepared. */
    void offerClaims(DeviceOffer offer, boolean kvm) {
        dra.offer(offer.claimable(), kvm);
    }

    /** Returns whether all is served, and registered where that is the agent's part. */
    boolean allServed() {
        return plugins.allRegistered() && dra.served();
    }
}
