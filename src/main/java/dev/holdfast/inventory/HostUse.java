package dev.holdfast.inventory;

import dev.holdfast.host.usage.PciUse;
import dev.holdfast.host.usage.PciUsers;
import dev.holdfast.pci.PciAddress;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Uses of a PCI function by this host, determined before a message recommends to unbind its driver. */
@FunctionalInterface
public interface HostUse {
    /** Uses of another host, which are unknown. */
    HostUse UNSEEN = address -> Optional.empty();

    /** Returns the uses that were found, worst first; empty when unknown. */
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
