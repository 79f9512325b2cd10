package dev.holdfast.agent.loop;

import dev.holdfast.agent.plugin.CdiDirectory;
import dev.holdfast.agent.plugin.DevicePlugins;
import java.io.IOException;

/**
 * The two places where devices are offered.
 *
 * @param cdi     for the container runtime
 * @param plugins for the kubelet
 */
public record DeviceOffers(CdiDirectory cdi, DevicePlugins plugins) {
    /**
     * Offers these devices and no others.
     *
     * @param kvm whether VMs get /dev/kvm
     * @throws IOException when the CDI specs cannot be written
     */
    void offer(DeviceOffer offer, boolean kvm) throws IOException {
        cdi.write(offer.usable(), kvm);
        plugins.offer(offer.devices());
    }
}
