package dev.holdfast.inventory;

import dev.holdfast.pci.PciAddress;
import java.io.IOException;
import java.util.Collection;

/** Devices of the node at this moment, for decisions about devices whose drivers another program changes. Thread-safe. */
public interface CurrentInventory {
    /**
     * Reads the bus.
     *
     * @throws IOException when sysfs cannot be read
     */
    Inventory read() throws IOException;

    /** Returns whether all functions respond now. */
    boolean respond(Collection<PciAddress> functions);
}
