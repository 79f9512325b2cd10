package dev.holdfast.qemu.dryrun;

import java.util.List;

/** Memory map of a machine that has not run yet, as reported by QEMU, and its sum. Pure. */
record MemoryMap(FlatView view, List<RamBlock> blocks, List<VirtioMem> virtioMems) {
    MemoryMap {
        blocks = List.copyOf(blocks);
        virtioMems = List.copyOf(virtioMems);
    }

    /**
     * Returns the bytes that VFIO will map in one address space: what is mapped now, and the memory of BARs that firmware
     * enables later (video RAM, option ROMs, shared memory), which already has a block but no range.
     *
     * @param pageBytes page size of the host, a power of two
     * @throws IllegalArgumentException with a message for users, when view and blocks do not match
     */
    long bytes(long pageBytes) {
        long bytes = view.mappedBytes(pageBytes)
                + namelessBytes(pageBytes)
                + Sizes.sum(blocks.stream()
                        .filter(this::comesLater)
                        .mapToLong(block -> (block.bytes() + pageBytes - 1) & -pageBytes))
                + Sizes.sum(virtioMems.stream().mapToLong(VirtioMem::wantedBytes))
                - Sizes.sum(virtioMems.stream()
                        .mapToLong(device -> view.mappedBytes(device.start(), device.end(), pageBytes)));
        if (!Sizes.plausible(bytes)) {
            throw new IllegalArgumentException(
                    "QEMU shows %d bytes of memory in total, but must show 0 to %d; this QEMU is not supported"
                            .formatted(bytes, Sizes.MOST));
        }
        return bytes;
    }

    /**
     * Returns the bytes of nameless blocks that are not mapped yet: all of them less what is mapped without a block of its
     * name. A region without any block would be counted twice: as a range, and as a block that is not mapped yet.
     */
    private long namelessBytes(long pageBytes) {
        long bytes = Sizes.sum(blocks.stream()
                .filter(RamBlock::isNameless)
                .mapToLong(block -> (block.bytes() + pageBytes - 1) & -pageBytes));
        for (FlatView.Range range : view.ranges()) {
            if (range.mapped() && blocks.stream().noneMatch(block -> block.isOf(range.region()))) {
                bytes -= range.pageBytes(0, Sizes.MOST, pageBytes);
                if (bytes < 0 || blocks.stream().noneMatch(RamBlock::isNameless)) {
                    throw new IllegalArgumentException(
                            "info mtree -f shows the memory \"%s\", but info ramblock has no such block; this QEMU is not supported"
                                    .formatted(Sizes.shortened(range.region())));
                }
            }
        }
        return bytes;
    }

    private boolean comesLater(RamBlock block) {
        return !block.isNameless()
                && !view.shows(block)
                && !block.isFirmwareFile()
                && !block.replacesRam()
                && virtioMems.stream().noneMatch(device -> block.isOf(device.backend()));
    }
}
