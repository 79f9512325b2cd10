package dev.holdfast.memlock;

import java.util.ArrayList;
import java.util.List;

/**
 * Memory of an SEV guest that the kernel charges although no device maps it. QEMU registers every RAM block with its
 * maximum size (QEMU {@code target/i386/sev.c}, {@code sev_ram_block_added}), and the kernel pins and charges
 * registered memory (Linux {@code arch/x86/kvm/svm/sev.c}, {@code sev_pin_memory}).
 */
final class RegisteredMemory {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;

    /** Default of the machine property max-fw-size; code and variables of OVMF have 2 or 4 MiB in total. */
    private static final long MAX_FLASH_BYTES = 8 * MIB;

    /** pc.rom, ACPI tables, the loader's commands and the root pointer, each with its maximum size. */
    private static final long TABLES_BYTES = 128 * KIB + 2 * MIB + 64 * KIB + 4 * KIB;

    private static final String SOURCE = "QEMU target/i386/sev.c, sev_ram_block_added";

    private RegisteredMemory() {}

    /** Returns the terms; empty unless the guest's RAM is registered. */
    static List<Term> terms(MemlockInput input) {
        if (!input.accounting().registersRam()) {
            return List.of();
        }
        List<Term> terms = new ArrayList<>();
        switch (input.firmware()) {
            case FLASH ->
                terms.add(new Term(
                        "flash",
                        2 * MAX_FLASH_BYTES,
                        "flash, counted as 8 MiB, is registered like RAM, and pinned a second time while it is"
                                + " encrypted",
                        SOURCE));
            case ROM_IMAGE ->
                terms.add(new Term(
                        "encrypted-firmware",
                        SystemMemory.ROM_IMAGE_BYTES,
                        "the firmware image is pinned a second time while it is encrypted",
                        "Linux arch/x86/kvm/svm/sev.c, sev_launch_update_data"));
            default -> {}
        }
        terms.add(new Term(
                "firmware-tables",
                TABLES_BYTES,
                "ROM space below 1 MiB, and tables for the firmware with their maximum sizes",
                SOURCE));
        long hidden = input.memory().modules().stream()
                .mapToLong(module -> module.bytes() - SystemMemory.mappedBytes(module))
                .sum();
        if (hidden > 0) {
            terms.add(new Term(
                    "unmapped-modules", hidden, "memory of memory devices that is not mapped for devices", SOURCE));
        }
        return terms;
    }
}
