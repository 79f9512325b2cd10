package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Bytes;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.NotConvertibleException;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import dev.holdfast.memlock.Architecture;
import dev.holdfast.memlock.LibvirtRounding;
import java.util.List;

/** Reader of the guest's memory at start, rounded as by libvirt, and of its page size. */
final class MemoryReader {
    private static final long MIN = 1L << 20;
    private static final long MIB_2 = 2L << 20;
    private static final long GIB_1 = 1L << 30;

    private final Part domain;
    private final Draft draft;
    private final Notes notes;

    MemoryReader(Part domain, Draft draft, Notes notes) {
        this.domain = domain;
        this.draft = draft;
        this.notes = notes;
    }

    void read() throws NotConvertibleException {
        Part memory = domain.child("memory");
        Part cells = domain.at("cpu", "numa");
        if (!memory.present() && cells.children("cell").isEmpty()) {
            throw new NotConvertibleException(
                    "%s not found, must be present; use the output of virsh dumpxml".formatted(memory.path()));
        }
        long total = memory.present() ? Sizes.bytes(memory, memory.attribute("unit")) : 0;
        long inCells = cells(cells);
        long modules = modules();
        long ram = inCells > 0 ? inCells : rounded(Math.max(0, total - modules));
        // Modules that are plugged at start become RAM; a note has the remedy for all others.
        long guest = ram + plain();
        if (guest < MIN || guest > 64L << 40) {
            throw new NotConvertibleException("%s: the guest has %d bytes, must have 1 MiB to 64 TiB; correct it"
                    .formatted(memory.path(), guest));
        }
        if (inCells == 0 && total - modules != ram) {
            notes.changed(
                    memory,
                    "%d bytes are rounded up to %s, as by libvirt; no action is needed"
                            .formatted(total - modules, Bytes.quantity(ram)));
        }
        draft.put("spec.memory.guest", Bytes.quantity(guest));
        current(total);
        backing(guest);
    }

    private long cells(Part numa) throws NotConvertibleException {
        long sum = 0;
        for (Part cell : numa.children("cell")) {
            if (cell.attribute("memory").present()) {
                sum += rounded(Sizes.bytes(cell.attribute("memory"), cell.attribute("unit")));
            }
        }
        if (sum > 0) {
            notes.notCarriedOver(
                    numa, "the guest has one NUMA node with the memory of all cells; there is no replacement");
        }
        return sum;
    }

    private long modules() throws NotConvertibleException {
        long sum = 0;
        for (Part module : domain.child("devices").children("memory")) {
            sum += size(module);
        }
        return sum;
    }

    /** Returns the bytes of DIMMs, which become RAM; modules that are storage or that the guest plugs do not. */
    private long plain() throws NotConvertibleException {
        long sum = 0;
        for (Part module : domain.child("devices").children("memory")) {
            if (module.attribute("model").is("dimm")) {
                sum += size(module);
                notes.changed(
                        module, "added to memory.guest, because memory modules are not supported; no action is needed");
            } else {
                notes.notCarriedOver(
                        module,
                        "such memory devices are not supported, so the limit does not include it; add the memory that"
                                + " the guest needs to memory.guest");
            }
        }
        return sum;
    }

    private static long size(Part module) throws NotConvertibleException {
        Part size = module.at("target", "size");
        long bytes = size.present() ? Sizes.bytes(size, size.attribute("unit")) : 0;
        return (bytes + MIB_2 - 1) / MIB_2 * MIB_2;
    }

    private static long rounded(long bytes) {
        return LibvirtRounding.ramBytes(bytes, Architecture.X86_64);
    }

    private void current(long total) throws NotConvertibleException {
        Part current = domain.child("currentMemory");
        if (current.present() && Sizes.bytes(current, current.attribute("unit")) != total) {
            notes.notCarriedOver(
                    current,
                    "there is no balloon, because VFIO pins all memory, so the guest has all of it; set memory.guest"
                            + " to the size that the guest needs");
        }
    }

    private void backing(long guest) throws NotConvertibleException {
        Part backing = domain.child("memoryBacking");
        Part huge = backing.child("hugepages");
        List<Part> pages = huge.children("page");
        if (huge.present() && pages.isEmpty()) {
            hugePages(huge, MIB_2, guest);
            notes.changed(
                    huge,
                    "the host's default size of huge pages is unknown, so 2Mi is set; change"
                            + " memory.hugepages.pageSize if it is 1Gi");
        } else if (huge.present()) {
            Part page = pages.getFirst();
            hugePages(page, Sizes.bytes(page.attribute("size"), page.attribute("unit")), guest);
        }
    }

    private void hugePages(Part part, long bytes, long guest) {
        if (bytes != MIB_2 && bytes != GIB_1) {
            notes.notCarriedOver(part, "huge pages of %d bytes are not supported; use 2Mi or 1Gi".formatted(bytes));
        } else if (guest % bytes != 0) {
            notes.notCarriedOver(
                    part,
                    "guest memory is %s, must be a multiple of the page size; set a multiple, and memory.hugepages.pageSize"
                            .formatted(Bytes.quantity(guest)));
        } else {
            draft.put("spec.memory.hugepages.pageSize", bytes == MIB_2 ? "2Mi" : "1Gi");
        }
    }
}
