package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.shape.QemuShape;
import java.util.List;

/** Command line options of the guest's memory. */
final class MemoryArgv {
    /** ID of the memory backend. */
    static final String BACKEND = "ram0";

    private static final long PAGE_BYTES = 4096;

    /** Maximum number of threads; more would contend for locks in the kernel. */
    private static final int MAX_THREADS = 16;

    private MemoryArgv() {}

    static List<String> of(QemuShape shape) {
        Long huge = shape.options().hugePageBytes();
        long page = huge == null ? PAGE_BYTES : huge;
        // Only the backend has the size: -m would be rounded up to 8 KiB and then not match it (hw/core/machine.c).
        long bytes = (shape.memoryBytes() + page - 1) & -page;
        if (huge == null) {
            return List.of("-object", "memory-backend-ram,id=%s,size=%d".formatted(BACKEND, bytes));
        }
        // Allocated completely before the guest runs: a missing page would kill it later.
        int threads = Math.min(MAX_THREADS, shape.sockets() * shape.cores() * shape.threads());
        return List.of(
                "-object",
                "memory-backend-memfd,id=%s,size=%d,hugetlb=on,hugetlbsize=%d,prealloc=on,prealloc-threads=%d"
                        .formatted(BACKEND, bytes, huge, threads));
    }
}
