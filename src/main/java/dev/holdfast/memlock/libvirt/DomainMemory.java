package dev.holdfast.memlock.libvirt;

import dev.holdfast.memlock.Architecture;
import dev.holdfast.memlock.LibvirtRounding;
import dev.holdfast.memlock.MemlockInput.GuestMemory;
import dev.holdfast.memlock.MemlockInput.MemoryModule;
import dev.holdfast.memlock.MemlockInput.MemoryModule.Kind;
import dev.holdfast.memlock.MemlockInput.Platform;
import dev.holdfast.memlock.MemlockInput.Ram;
import dev.holdfast.text.Quoted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Memory of a domain, rounded as by libvirt at start. */
final class DomainMemory {
    private static final long DEFAULT_HUGE_PAGE_BYTES = 2L << 20;

    /** Maximum size; more than any machine has, and the sum of all sizes in a document cannot overflow. */
    private static final long MAX_BYTES = 64L << 40;

    private DomainMemory() {}

    static GuestMemory of(Xml domain, Platform platform) {
        Architecture architecture = platform.architecture();
        List<MemoryModule> modules = domain.child("devices")
                .map(devices -> devices.all("memory"))
                .orElse(Stream.empty())
                .map(DomainMemory::module)
                .toList();
        // Balloons have no effect, because VFIO pins memory that they would release; but an invalid size is refused.
        domain.child("currentMemory").ifPresent(DomainMemory::bytes);
        Long maxBytes = domain.child("maxMemory").map(Size::bytes).orElse(null);
        Long hardLimit = domain.at("memtune", "hard_limit").map(Size::bytes).orElse(null);
        boolean locked = domain.at("memoryBacking", "locked").isPresent();
        return new GuestMemory(
                ram(domain, modules, architecture),
                modules.stream().map(module -> rounded(module, architecture)).toList(),
                maxBytes,
                hardLimit,
                locked);
    }

    /** Returns a backend for each NUMA cell; without cells, one with the memory less that of the memory devices. */
    private static List<Ram> ram(Xml domain, List<MemoryModule> modules, Architecture architecture) {
        List<Xml> cells =
                domain.at("cpu", "numa").map(numa -> numa.all("cell").toList()).orElse(List.of());
        List<Ram> ram = new ArrayList<>();
        for (int i = 0; i < cells.size(); i++) {
            Xml cell = cells.get(i);
            String id = cell.attribute("id").orElse(String.valueOf(i));
            cell.attribute("memory")
                    .map(size -> new Xml("memory", cell.attributes(), List.of(), size))
                    .map(DomainMemory::bytes)
                    .filter(bytes -> bytes > 0)
                    .map(bytes -> new Ram(LibvirtRounding.ramBytes(bytes, architecture), hugePage(domain, id)))
                    .ifPresent(ram::add);
        }
        if (!ram.isEmpty()) {
            return ram;
        }
        long total = domain.child("memory")
                .map(DomainMemory::bytes)
                .orElseThrow(() -> new IllegalArgumentException(
                        "neither <memory> nor NUMA cells with memory found, must have one of them; use the"
                                + " output of virsh dumpxml"));
        long plugged = modules.stream().mapToLong(MemoryModule::bytes).sum();
        if (plugged > 0 && plugged >= total) {
            throw new IllegalArgumentException(
                    "<memory> is %d bytes, must be more than the %d of the memory devices, which it includes; correct one of them"
                            .formatted(total, plugged));
        }
        return List.of(new Ram(LibvirtRounding.ramBytes(total - plugged, architecture), hugePage(domain, "0")));
    }

    /**
     * Returns the size of the huge pages of a cell: of the page element for the cell, otherwise of that without a
     * nodeset.
     */
    private static long hugePage(Xml domain, String cell) {
        Optional<Xml> huge = domain.at("memoryBacking", "hugepages");
        if (huge.isEmpty()) {
            return 0;
        }
        List<Xml> pages = huge.get().all("page").toList();
        if (pages.isEmpty()) {
            return DEFAULT_HUGE_PAGE_BYTES;
        }
        return pages.stream()
                .filter(page -> page.attribute("nodeset")
                        .filter(set -> contains(set, cell))
                        .isPresent())
                .findFirst()
                .or(() -> pages.stream()
                        .filter(page -> page.attribute("nodeset").isEmpty())
                        .findFirst())
                .map(page -> bytes(new Xml(
                        "page",
                        page.attributes(),
                        List.of(),
                        page.attribute("size").orElse(""))))
                .orElse(0L);
    }

    /** Returns whether the set contains the cell: {@code 0-2,5} contains 0, 1, 2 and 5. */
    private static boolean contains(String set, String cell) {
        if (!cell.matches("\\d{1,4}") || !set.matches("\\d{1,4}(-\\d{1,4})?(,\\d{1,4}(-\\d{1,4})?)*")) {
            return false;
        }
        int number = Integer.parseInt(cell);
        return Stream.of(set.split(",", -1))
                .map(range -> range.split("-", -1))
                .anyMatch(ends ->
                        number >= Integer.parseInt(ends[0]) && number <= Integer.parseInt(ends[ends.length - 1]));
    }

    private static MemoryModule module(Xml memory) {
        String model = memory.attribute("model").orElse("");
        Kind kind = switch (model) {
            case "dimm" -> Kind.DIMM;
            case "nvdimm" -> Kind.NVDIMM;
            case "virtio-pmem" -> Kind.VIRTIO_PMEM;
            case "virtio-mem" -> Kind.VIRTIO_MEM;
            case "sgx-epc" -> Kind.SGX_EPC;
            default ->
                throw new IllegalArgumentException(
                        "the model of a memory device is %s, must be dimm, nvdimm, virtio-pmem, virtio-mem or sgx-epc; correct it"
                                .formatted(Quoted.of(model)));
        };
        Xml target = memory.child("target")
                .orElseThrow(() -> new IllegalArgumentException(
                        "a memory device has no <target>, must have one with its size; use the output of"
                                + " virsh dumpxml"));
        return new MemoryModule(
                kind,
                size(target, "size"),
                kind == Kind.NVDIMM
                        ? target.at("label", "size").map(DomainMemory::bytes).orElse(0L)
                        : 0,
                kind == Kind.VIRTIO_MEM ? size(target, "requested") : 0,
                kind == Kind.VIRTIO_MEM ? size(target, "current") : 0);
    }

    private static MemoryModule rounded(MemoryModule module, Architecture architecture) {
        return new MemoryModule(
                module.kind(),
                LibvirtRounding.moduleBytes(module, architecture),
                module.labelBytes(),
                module.requestedBytes(),
                module.pluggedBytes());
    }

    private static long size(Xml target, String part) {
        return target.child(part).map(DomainMemory::bytes).orElse(0L);
    }

    private static long bytes(Xml element) {
        long bytes = Size.bytes(element);
        if (bytes > MAX_BYTES) {
            throw new IllegalArgumentException("<%s> is %s %s, must be at most 64Ti; correct it"
                    .formatted(element.name(), element.text(), Size.unit(element)));
        }
        return bytes;
    }
}
