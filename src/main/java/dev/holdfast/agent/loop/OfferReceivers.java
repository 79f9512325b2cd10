package dev.holdfast.agent.loop;

import dev.holdfast.agent.plugin.CdiDirectory;
import dev.holdfast.agent.plugin.DevicePlugins;
import java.io.IOException;

/**
 * Receivers of offered devices.
 *
 * @param cdi     CDI directory, for the container runtime
 * @param plugins device plugins, for the kubelet
 */
public record OfferReceivers(CdiDirectory cdi, DevicePlugins plugins) {
    /**
     * Offers these devices and no others.
     *
     * @param kvm whether VMs get /dev/kvm
     * @throws IOException when the CDI specification cannot be written
     */
    void offer(DeviceOffer offer, boolean kvm) throws IOException {
        cdi.write(offer.usable(), kvm);
        plugins.offer(offer.devices());
    }
}
