package dev.holdfast.host.pci;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one look at the bus found.
 *
 * @param functions in address order, each once
 * @param unread    on the bus, but not to be read; in address order
 * @param problems  one sentence for each function that was left out, and for each fact of another that was
 */
public record PciScan(List<PciFunction> functions, List<Unread> unread, List<String> problems) {
    /** Before the first look. */
    public static final PciScan EMPTY = new PciScan(List.of(), List.of(), List.of());

    /**
     * A function that could not be read. It must not be forgotten: its driver may keep its whole group from a guest.
     *
     * @param iommuGroup null when nothing tells
     */
    public record Unread(PciAddress address, @Nullable Integer iommuGroup) {}

    public PciScan {
        functions = List.copyOf(functions);
        unread = List.copyOf(unread);
        problems = List.copyOf(problems);
    }
}
