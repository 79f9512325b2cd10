package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.Accounting;
import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.MemoryModule;
import dev.holdfast.memlock.MemlockInput.MemoryModule.Kind;
import dev.holdfast.memlock.MemlockInput.Ram;
import java.util.ArrayList;
import java.util.List;

/**
 * Terms of one map of system memory: every RAM and ROM section that QEMU maps for a VFIO device, with its maximum size,
 * in whole host pages. Sizes are those of QEMU 7.2 to 10.2, read from {@code info mtree -f} and {@code info ramblock}.
 */
final class SystemMemory {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;

    /** 0xa0000 to 0xbffff, where a VGA display maps its memory a second time. */
    private static final long LEGACY_WINDOW_BYTES = 128 * KIB;

    /** efi-virtio.rom and similar ROMs, as QEMU rounds them up. */
    private static final long NIC_ROM_BYTES = 256 * KIB;

    /** Assumed size of a firmware image of unknown size. */
    static final long ROM_IMAGE_BYTES = 4 * MIB;

    private static final String KERNEL = "Linux drivers/vfio/vfio_iommu_type1.c, vfio_pin_pages_remote";

    private final MemlockInput input;
    private final List<Term> terms = new ArrayList<>();

    private SystemMemory(MemlockInput input) {
        this.input = input;
    }

    /** Returns the terms; names are unique, and the order is always the same. */
    static List<Term> terms(MemlockInput input) {
        SystemMemory memory = new SystemMemory(input);
        memory.addRam();
        memory.addModules();
        memory.addFirmware();
        memory.addDisplays();
        memory.addRamBars();
        memory.addDevices();
        return memory.terms;
    }

    private void addRam() {
        long bytes = input.memory().ram().stream().mapToLong(this::backendBytes).sum();
        terms.add(new Term("guest-memory", bytes, "guest RAM, all of which is pinned", KERNEL));
    }

    /** Returns the size of a backend, which uses whole huge pages (QEMU system/physmem.c, file_ram_alloc). */
    private long backendBytes(Ram ram) {
        return roundUp(ram.bytes(), Math.max(ram.pageBytes(), page()));
    }

    private void addModules() {
        long plugged = input.memory().modules().stream()
                .filter(module -> module.kind() != Kind.VIRTIO_MEM)
                .mapToLong(SystemMemory::mappedBytes)
                .map(this::inPages)
                .sum();
        addUnlessZero("hotplug-memory", plugged, "memory devices are pinned like RAM", "QEMU hw/mem/memory-device.c");
        long virtioMem = input.memory().modules().stream()
                .filter(module -> module.kind() == Kind.VIRTIO_MEM)
                .mapToLong(SystemMemory::mappedBytes)
                .map(this::inPages)
                .sum();
        addUnlessZero(
                "virtio-mem",
                virtioMem,
                "memory that the guest has plugged or is requested to plug; the rest of the device is not mapped",
                "QEMU hw/virtio/virtio-mem.c, RamDiscardManager");
    }

    static long mappedBytes(MemoryModule module) {
        return switch (module.kind()) {
            // The guest sees whole blocks of 2 MiB in front of the label.
            case NVDIMM -> (module.bytes() - module.labelBytes()) / (2 * MIB) * (2 * MIB);
            case SGX_EPC -> 0;
            case VIRTIO_MEM -> Math.max(module.requestedBytes(), module.pluggedBytes());
            case DIMM, VIRTIO_PMEM -> module.bytes();
        };
    }

    private void addFirmware() {
        terms.add(
                switch (input.firmware()) {
                    case SEABIOS ->
                        firmware(256 * KIB, "SeaBIOS has its own RAM below 4 GiB", "QEMU hw/i386/x86-common.c");
                    case MICROVM -> firmware(64 * KIB, "the BIOS of microvm has its own RAM", "QEMU hw/i386/microvm.c");
                    case ROM_IMAGE ->
                        firmware(
                                ROM_IMAGE_BYTES,
                                "a firmware image of unknown size that is loaded as ROM, counted as 4 MiB",
                                "QEMU hw/i386/x86-common.c");
                    case RISCV_VIRT -> firmware(60 * KIB, "the reset vector is in a ROM", "QEMU hw/riscv/virt.c");
                    case FLASH ->
                        firmware(
                                0, "UEFI is in flash, which is not mapped for devices", "QEMU hw/block/pflash_cfi01.c");
                    case IN_GUEST_RAM ->
                        firmware(0, "firmware is in guest RAM and has no memory of its own", "QEMU hw/core/loader.c");
                });
    }

    private Term firmware(long bytes, String reason, String source) {
        return new Term("firmware-rom", inPages(bytes), reason, source);
    }

    private void addDisplays() {
        long videoBytes = input.displays().stream()
                .mapToLong(display -> VideoMemory.bytes(display.model(), display.bytes()))
                .map(this::inPages)
                .sum();
        List<Display> displays = input.displays().stream()
                .filter(display -> display.model() != MemlockInput.Video.NONE)
                .toList();
        if (!displays.isEmpty()) {
            terms.add(new Term(
                    "video-memory",
                    videoBytes,
                    videoBytes == 0
                            ? "the display uses guest RAM and has no memory of its own"
                            : "video RAM, which is mapped when firmware enables its BAR",
                    "QEMU hw/display"));
        }
        if (displays.stream().anyMatch(display -> VideoMemory.isVga(display.model()))) {
            terms.add(new Term(
                    "legacy-alias",
                    inPages(LEGACY_WINDOW_BYTES),
                    "a VGA display maps its memory a second time at 0xa0000",
                    "QEMU hw/display/vga.c"));
        }
        long romBytes = displays.stream()
                .mapToLong(display -> VideoMemory.romBytes(display.model()))
                .map(this::inPages)
                .sum();
        romBytes += input.emulated().nicRoms() * inPages(NIC_ROM_BYTES)
                + inPages(input.emulated().romFileBytes());
        addUnlessZero(
                "option-roms",
                romBytes,
                input.emulated().romFileBytes() > 0
                        ? "ROMs of displays and network interfaces, and 1 MiB for each ROM file, are mapped while"
                                + " firmware copies them"
                        : "ROMs of displays and network interfaces are mapped while firmware copies them",
                "QEMU hw/pci/pci.c, pci_add_option_rom");
    }

    private void addRamBars() {
        long bytes =
                input.emulated().ramBarBytes().stream().mapToLong(this::inPages).sum();
        addUnlessZero(
                "ram-bars", bytes, "shared memory and other RAM in BARs of emulated devices", "QEMU hw/misc/ivshmem.c");
    }

    private void addDevices() {
        Accounting accounting = input.accounting();
        if (!input.devices().any()) {
            return;
        }
        boolean charged = accounting.barsCharged() && accounting.backend() != Backend.TYPE1;
        terms.add(new Term(
                "assigned-bars",
                charged ? inPages(accounting.barBytes()) : 0,
                charged
                        ? "this kernel charges BARs of assigned devices mapped by iommufd; not measured yet"
                        : "BARs of assigned devices have no page structures, so the kernel does not charge them",
                charged ? "Linux drivers/iommu/iommufd/pages.c" : KERNEL));
        if (accounting.backend() != Backend.TYPE1) {
            terms.add(new Term(
                    "iommufd-accounting",
                    0,
                    accounting.backend() == Backend.IOMMUFD_USER
                            ? "iommufd charges the user of QEMU for all VMs of that user; not measured yet"
                            : "iommufd charges the process, as set by IOMMU_OPTION_RLIMIT_MODE; not measured yet",
                    "Linux drivers/iommu/iommufd/pages.c"));
        }
    }

    private void addUnlessZero(String name, long bytes, String reason, String source) {
        if (bytes > 0) {
            terms.add(new Term(name, bytes, reason, source));
        }
    }

    private long page() {
        return input.platform().pageBytes();
    }

    private long inPages(long bytes) {
        return roundUp(bytes, page());
    }

    static long roundUp(long bytes, long page) {
        return (bytes + page - 1) & -page;
    }
}
