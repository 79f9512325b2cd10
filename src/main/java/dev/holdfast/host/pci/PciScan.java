package dev.holdfast.host.pci;

import dev.holdfast.pci.PciAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Result of one scan of the PCI bus.
 *
 * @param functions in address order, each once
 * @param unread    on the bus, but not readable; in address order
 * @param problems  a message for each function that was skipped, and for each fact that was
 */
public record PciScan(List<PciFunction> functions, List<Unread> unread, List<String> problems) {
    /** Result before the first scan. */
    public static final PciScan EMPTY = new PciScan(List.of(), List.of(), List.of());

    /**
     * A function that could not be read. It is recorded because its driver may prevent its whole group from being passed
     * through.
     *
     * @param iommuGroup null when unknown
     */
    public record Unread(PciAddress address, @Nullable Integer iommuGroup) {}

    public PciScan {
        functions = List.copyOf(functions);
        unread = List.copyOf(unread);
        problems = List.copyOf(problems);
    }
}
