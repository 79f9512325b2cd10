package dev.holdfast.plan;

import dev.holdfast.memlock.Term;
import dev.holdfast.qemu.Board;
import dev.holdfast.qemu.QemuShape;
import java.util.ArrayList;
import java.util.List;

/** What firmware, option ROMs and huge pages change of a pod's memory. */
final class BoardOverhead {
    private static final long MIB = 1L << 20;
    private static final long PAGE_BYTES = 4096;

    /** QEMU keeps code and variables in its own memory, 4 MiB in all; the file of the variables is in the pod's, below 1. */
    private static final long EFI_BYTES = 5 * MIB;

    private BoardOverhead() {}

    static List<Term> terms(Board board) {
        List<Term> terms = new ArrayList<>();
        if (board.uefi() != null) {
            terms.add(new Term("efi", EFI_BYTES, "UEFI code and variables, and the file of the variables"));
        }
        long roms = board.devices().values().stream()
                .filter(options -> options.romFile() != null)
                .count();
        if (roms > 0) {
            terms.add(new Term(
                    "option-roms", roms * MemlockInputs.ROM_FILE_BYTES, "QEMU's copies of the option ROMs from files"));
        }
        return terms;
    }

    /** The tables for small pages, less as the pages are larger. The IOMMU's may not make use of that. */
    static long tables(QemuShape shape, long forSmallPages) {
        Long huge = shape.board().hugePageBytes();
        return huge == null ? forSmallPages : PodOverhead.roundUpToMib(forSmallPages * PAGE_BYTES / huge);
    }

    static String page(Board board) {
        Long huge = board.hugePageBytes();
        return huge == null ? "4 KiB" : huge / MIB + " MiB";
    }

    /** Guest memory that is charged to the pod's memory: huge pages are a resource of their own. */
    static long smallPageBytes(QemuShape shape) {
        return shape.board().hugePageBytes() == null ? shape.memoryBytes() : 0;
    }
}
