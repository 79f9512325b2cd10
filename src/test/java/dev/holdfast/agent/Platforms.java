package dev.holdfast.agent;

import dev.holdfast.host.pci.HostCapabilities.Processor;
import dev.holdfast.host.pci.HostCapabilities.Seen;
import dev.holdfast.host.pci.HostCapabilities;
import dev.holdfast.inventory.NodeReadiness;

/** Platforms for tests. */
public final class Platforms {
    private Platforms() {}

    /** An Intel machine that lacks nothing. */
    public static NodeReadiness ready() {
        return of(true, true, true, false);
    }

    /** An Intel machine whose interrupts are remapped where there is an IOMMU. */
    public static NodeReadiness of(boolean iommu, boolean vfio, boolean kvm, boolean emulationAllowed) {
        return new NodeReadiness(
                new HostCapabilities(
                        Processor.INTEL,
                        "x86",
                        iommu,
                        false,
                        Seen.UNTOLD,
                        iommu ? Seen.YES : Seen.NO,
                        Seen.UNTOLD,
                        null,
                        false,
                        vfio,
                        vfio,
                        kvm),
                emulationAllowed,
                null);
    }
}
