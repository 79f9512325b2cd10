package dev.holdfast.agent;

import dev.holdfast.host.pci.PciScan;
import dev.holdfast.inventory.HostFacts;
import dev.holdfast.inventory.HostUse;

/** Facts of hosts for tests. */
public final class Hosts {
    private Hosts() {}

    /** A ready host with these functions, whose use of them nobody can look at. */
    public static HostFacts ready(PciScan scan) {
        return new HostFacts(scan, Platforms.ready(), HostUse.UNSEEN);
    }
}
