package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.Devices;
import java.util.ArrayList;
import java.util.List;

/**
 * Libvirt's sum for Power under KVM, where tables that the kernel keeps for the guest are charged as well ({@code
 * getPPC64MemLockLimitBytes}). In KiB, with integer division from left to right; never 0.
 */
final class LibvirtPower {
    private static final String SOURCE = "libvirt src/qemu/qemu_domain.c, getPPC64MemLockLimitBytes";
    private static final long KIB = 1L << 10;
    private static final long TABLE_INDEX_KIB = 8192;

    private LibvirtPower() {}

    static List<Term> terms(MemlockInput input, long totalKib) {
        Devices devices = input.devices();
        Long maxBytes = input.memory().maxBytes();
        long maxKib = maxBytes == null || maxBytes == 0
                ? totalKib
                : LibvirtRounding.roundUpKib(maxBytes, LibvirtRounding.ramKib(true));
        Integer listed = input.platform().hostBridges();
        // After address assignment each host device is behind its own bridge.
        long bridges = listed == null ? 1L + devices.vfio() : listed;
        List<Term> terms = new ArrayList<>(List.of(
                term(
                        "hash-table",
                        maxKib / 128,
                        "the guest's hash page table, 1/128 of the maximum memory of %d KiB",
                        maxKib),
                term(
                        "dma-windows",
                        4096 * bridges + TABLE_INDEX_KIB,
                        "32-bit DMA windows of %d PCI host bridges, and 8 MiB for the table index",
                        bridges)));
        if (devices.nvlink2()) {
            terms.add(term(
                    "passthrough",
                    maxKib + 128L * (1L << 30) / 512 * bridges + TABLE_INDEX_KIB,
                    "the maximum memory, and tables for 128 TiB behind each bridge, because NVLink2 memory"
                            + " has addresses up to there"));
        } else if (devices.vfio() + devices.nvmeDisks() + devices.vdpaInterfaces() > 0) {
            terms.add(term(
                    "passthrough",
                    Math.max(2L * 1024 * 1024 * bridges, totalKib + totalKib / 512 * bridges + TABLE_INDEX_KIB),
                    "the larger of 2 GiB for each bridge, and the memory of %d KiB with its 64-bit DMA windows",
                    totalKib));
        }
        return terms;
    }

    private static Term term(String name, long kib, String reason, Object... numbers) {
        return new Term(name, Math.multiplyExact(kib, KIB), reason.formatted(numbers), SOURCE);
    }
}
