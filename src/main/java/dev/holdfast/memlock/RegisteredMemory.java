package dev.holdfast.memlock;

import java.util.ArrayList;
import java.util.List;

/**
 * Memory of an SEV guest that no device maps and the kernel charges all the same. QEMU registers every block of RAM
 * that it has, at the size to which the block may grow (QEMU {@code target/i386/sev.c}, {@code sev_ram_block_added}), and
 * the kernel pins and charges what is registered (Linux {@code arch/x86/kvm/svm/sev.c}, {@code sev_pin_memory}).
 */
final class RegisteredMemory {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;

    /** The machine's max-fw-size; code and variables of OVMF have 2 or 4 MiB together. */
    private static final long MAX_FLASH_BYTES = 8 * MIB;

    /** pc.rom; and ACPI tables, the loader's commands and the root pointer, each at its largest. */
    private static final long TABLES_BYTES = 128 * KIB + 2 * MIB + 64 * KIB + 4 * KIB;

    private static final String SOURCE = "QEMU target/i386/sev.c, sev_ram_block_added";

    private RegisteredMemory() {}

    /** Empty unless the guest's RAM is registered. */
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
                        "flash, counted as 8 MiB, is registered like RAM, and pinned once more while it is encrypted",
                        SOURCE));
            case ROM_IMAGE ->
                terms.add(new Term(
                        "encrypted-firmware",
                        SystemMemory.ROM_IMAGE_BYTES,
                        "the firmware image is pinned once more while it is encrypted",
                        "Linux arch/x86/kvm/svm/sev.c, sev_launch_update_data"));
            default -> {}
        }
        terms.add(new Term(
                "firmware-tables",
                TABLES_BYTES,
                "ROM space below 1 MiB, and tables for firmware at their largest",
                SOURCE));
        long hidden = input.memory().modules().stream()
                .mapToLong(module -> module.bytes() - SystemMemory.mappedBytes(module))
                .sum();
        if (hidden > 0) {
            terms.add(new Term("unmapped-modules", hidden, "what memory devices have and no device maps", SOURCE));
        }
        return terms;
    }
}
