package dev.holdfast.qemu.dryrun;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A block of memory that QEMU has reserved, mapped or not: a line of {@code info ramblock} ({@code ram_block_format} of
 * QEMU's physmem.c). Since 8.0 two more columns show its address and whether it is writable.
 *
 * @param name  name of its region, prefixed with the path of its device and a slash if it belongs to one; empty when it is
 *              not migrated by QEMU, such as that of virtio-pmem
 * @param bytes size in use; a block that can grow has more reserved
 */
record RamBlock(String name, long bytes) {
    private static final int MAX_BLOCKS = 10_000;
    private static final Pattern SYNIC_PAGE = Pattern.compile("(?:.*/)?synic-\\d+-(?:msg|event)-page");
    private static final String HEAD = "Block Name";
    private static final Pattern BLOCK = Pattern.compile(
            "(?:(\\S.*?)\\s+)?\\d+ (?:[KMGTPE]i)?B\\s+0x[0-9a-f]{1,16}\\s+0x([0-9a-f]{1,16})\\s+0x[0-9a-f]{1,16}(?:\\s.*)?");

    /**
     * Parses the output of the monitor.
     *
     * @throws IllegalArgumentException with a message for users, when a line is unknown
     */
    static List<RamBlock> of(String ramblock) {
        List<RamBlock> blocks = new ArrayList<>();
        for (String line : ramblock.lines().map(String::strip).toList()) {
            if (!line.isEmpty() && !line.startsWith(HEAD)) {
                blocks.add(block(line));
            }
        }
        if (blocks.isEmpty() || blocks.size() > MAX_BLOCKS) {
            throw new IllegalArgumentException(
                    "info ramblock shows %d blocks, but must show 1 to %d; this QEMU is not supported"
                            .formatted(blocks.size(), MAX_BLOCKS));
        }
        return blocks;
    }

    private static RamBlock block(String line) {
        Matcher matcher = BLOCK.matcher(line);
        long bytes = line.length() <= Sizes.MAX_LINE && matcher.matches()
                ? Long.parseUnsignedLong(matcher.group(2), 16)
                : -1;
        if (!Sizes.plausible(bytes)) {
            throw new IllegalArgumentException(
                    "info ramblock shows \"%s\", but must show a name, a page size and three numbers; this QEMU is not supported"
                            .formatted(Sizes.shortened(line)));
        }
        return new RamBlock(Objects.requireNonNullElse(matcher.group(1), ""), bytes);
    }

    boolean isNameless() {
        return name.isEmpty();
    }

    /** Returns whether it is the block of a region. */
    boolean isOf(String region) {
        return name.equals(region) || name.endsWith("/" + region);
    }

    /**
     * Returns whether it is a page of Hyper-V's synthetic interrupt controller (QEMU hw/hyperv/hyperv.c): the guest places
     * it over a page of its RAM, which is then not mapped.
     */
    boolean replacesRam() {
        return SYNIC_PAGE.matcher(name).matches();
    }

    /** Returns whether it is a file for firmware (fw_cfg), which is read through a port and never mapped. */
    boolean isFirmwareFile() {
        return name.startsWith("/rom@");
    }
}
