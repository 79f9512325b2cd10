package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.shape.QemuShape;
import java.util.List;

/** The guest's memory on the command line. */
final class MemoryArgv {
    /** The machine's name for it. */
    static final String BACKEND = "ram0";

    private static final long PAGE_BYTES = 4096;

    /** More threads than this wait for each other's locks in the kernel. */
    private static final int MAX_THREADS = 16;

    private MemoryArgv() {}

    static List<String> of(QemuShape shape) {
        Long huge = shape.board().hugePageBytes();
        long page = huge == null ? PAGE_BYTES : huge;
        // The backend alone says how much: -m would be rounded up to 8 KiB and then not match it (hw/core/machine.c).
        long bytes = (shape.memoryBytes() + page - 1) & -page;
        if (huge == null) {
            return List.of("-object", "memory-backend-ram,id=%s,size=%d".formatted(BACKEND, bytes));
        }
        // Taken as a whole before the guest runs: a page that is not there would kill it later.
        int threads = Math.min(MAX_THREADS, shape.sockets() * shape.cores() * shape.threads());
        return List.of(
                "-object",
                "memory-backend-memfd,id=%s,size=%d,hugetlb=on,hugetlbsize=%d,prealloc=on,prealloc-threads=%d"
                        .formatted(BACKEND, bytes, huge, threads));
    }
}
