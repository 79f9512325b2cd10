package dev.holdfast.qemu.dryrun;

import java.util.List;

/** What QEMU has told about a machine that has not run yet, and the sum of it. Pure. */
record MemoryMap(FlatView view, List<RamBlock> blocks, List<VirtioMem> virtioMems) {
    MemoryMap {
        blocks = List.copyOf(blocks);
        virtioMems = List.copyOf(virtioMems);
    }

    /**
     * What VFIO will map of it in one address space: what is mapped now, and the memory behind BARs that firmware enables
     * later (video RAM, option ROMs, shared memory), which has a block already and no range yet.
     *
     * @param pageBytes page size of the host, a power of two
     * @throws IllegalArgumentException with one sentence, when view and blocks do not belong together
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
                    "QEMU shows %d bytes of memory in all, but 0 to %d were expected; this QEMU is not understood"
                            .formatted(bytes, Sizes.MOST));
        }
        return bytes;
    }

    /**
     * Blocks without a name that are not mapped yet: all of them less what is mapped and has no block of its name. A region
     * without any block would be counted twice: as a range, and as a block that is not mapped yet.
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
                            "info mtree -f shows the memory \"%s\", but info ramblock has no such block; this QEMU is not understood"
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
