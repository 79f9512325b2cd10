package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.usage.PciUse;
import dev.holdfast.host.usage.PciUsers;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What this host does with a PCI function itself: looked at before anybody is told to take its driver away. */
@FunctionalInterface
public interface HostUse {
    /** Of another host: nothing can be looked at. */
    HostUse UNSEEN = address -> Optional.empty();

    /** Returns the uses that were found, worst first; empty when nobody could look. */
    Optional<List<PciUse>> of(PciAddress address);

    /** Returns the uses that the kernel of this host shows. */
    static HostUse seenBy(PciUsers users) {
        return address -> {
            try {
                return Optional.of(users.uses(address));
            } catch (IOException | RuntimeException e) {
                return Optional.empty();
            }
        };
    }
}
