package dev.holdfast.qemu.dryrun;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Flat view of system memory from QEMU's {@code info mtree -f}: the memory of a device without an IOMMU. Parsed as
 * {@code mtree_print_flatview} writes it (QEMU {@code softmmu/memory.c} in 7.2, {@code system/memory.c} since 8.2): the
 * lines are the same up to 10, with an accelerator's name after the ranges that it has.
 *
 * @param ranges ascending, without overlaps
 */
record FlatView(List<Range> ranges) {
    /** Maximum number of ranges; a machine with 64 devices has some hundred. */
    private static final int MAX_RANGES = 10_000;

    private static final String SPACE = " AS \"memory\"";
    private static final Pattern HEAD = Pattern.compile("FlatView #\\d+");
    private static final Pattern RANGE = Pattern.compile("\\s+(?:0x)?([0-9a-f]{1,16})-(?:0x)?([0-9a-f]{1,16})"
            + " \\((?:prio -?\\d+, )?(?:nv-)?(ram|rom|ramd|romd|i/o)\\): (.*?)"
            + "(?: @(?:0x)?[0-9a-f]{1,16})?(?: (?i:kvm|tcg|hvf|whpx|nvmm|mshv|xen)(?::\\w+)?)?");

    // Flash can be read like a ROM, and QEMU's read-only alias of it below 1 MiB is shown as one (since 9.1); but its
    // region is a device with a ROM mode, which VFIO does not map (hw/vfio: memory_region_is_ram()).
    private static final Pattern FLASH = Pattern.compile(".*\\.flash\\d+");

    FlatView {
        ranges = List.copyOf(ranges);
    }

    /**
     * A contiguous part of a region.
     *
     * @param start  address of the first byte
     * @param end    address of the last byte
     * @param region the region's name, without its device's path
     * @param mapped whether VFIO maps it
     */
    record Range(long start, long end, String region, boolean mapped) {
        /**
         * Returns the bytes of whole pages inside [from, to], which VFIO maps (QEMU {@code vfio_get_section_iova_range}).
         */
        long pageBytes(long from, long to, long pageBytes) {
            long first = (Math.max(start, from) + pageBytes - 1) & -pageBytes;
            long next = (Math.min(end, to) + 1) & -pageBytes;
            return Math.max(0, next - first);
        }
    }

    /**
     * Parses the output of the monitor.
     *
     * @throws IllegalArgumentException with a message for users, when there is not exactly one such view or a line of it is
     *     unknown: a wrong number would be worse than none
     */
    static FlatView ofSystemMemory(String mtree) {
        List<Range> ranges = null;
        List<Range> current = new ArrayList<>();
        boolean wanted = false;
        for (String line : mtree.lines().map(String::stripTrailing).toList()) {
            if (HEAD.matcher(line).matches()) {
                wanted = false;
                current = new ArrayList<>();
            } else if (line.startsWith(SPACE + ",") || line.equals(SPACE)) {
                if (ranges != null) {
                    throw new IllegalArgumentException(
                            "info mtree -f shows the address space \"memory\" twice, but it must be shown once; this QEMU is not supported");
                }
                wanted = true;
                ranges = current;
            } else if (wanted
                    && !line.isEmpty()
                    && !line.startsWith(" AS ")
                    && !line.startsWith(" Root memory region")) {
                current.add(range(line, current.isEmpty() ? null : current.getLast()));
            }
        }
        if (ranges == null || ranges.isEmpty() || ranges.size() > MAX_RANGES) {
            throw new IllegalArgumentException(
                    "info mtree -f shows %d ranges of the address space \"memory\", but must show 1 to %d; this QEMU is not supported"
                            .formatted(ranges == null ? 0 : ranges.size(), MAX_RANGES));
        }
        return new FlatView(ranges);
    }

    private static Range range(String line, @Nullable Range former) {
        Matcher matcher = RANGE.matcher(line);
        if (line.length() > Sizes.MAX_LINE || !matcher.matches()) {
            throw unknown(line, "a range such as 0000000000000000-000000000009ffff (prio 0, ram): ram0");
        }
        long start = Long.parseUnsignedLong(matcher.group(1), 16);
        long end = Long.parseUnsignedLong(matcher.group(2), 16);
        boolean ascending = Long.compareUnsigned(start, end) <= 0
                && (former == null || Long.compareUnsigned(former.end(), start) < 0);
        if (!ascending) {
            throw unknown(line, "a range above the previous one");
        }
        String region = matcher.group(4);
        boolean memory = matcher.group(3).equals("ram") || matcher.group(3).equals("rom");
        boolean mapped = memory && !FLASH.matcher(region).matches();
        if (mapped && !Sizes.plausible(end)) {
            throw unknown(line, "an address below 8 Pi");
        }
        return new Range(start, end, region, mapped);
    }

    private static IllegalArgumentException unknown(String line, String expected) {
        return new IllegalArgumentException("info mtree -f shows \"%s\", but must show %s; this QEMU is not supported"
                .formatted(Sizes.shortened(line.strip()), expected));
    }

    /**
     * Returns the bytes that VFIO maps.
     *
     * @param pageBytes page size of the host, a power of two
     */
    long mappedBytes(long pageBytes) {
        return mappedBytes(0, Sizes.MOST, pageBytes);
    }

    /** Returns the bytes that VFIO maps between two addresses, both inclusive. */
    long mappedBytes(long from, long to, long pageBytes) {
        return ranges.stream()
                .filter(Range::mapped)
                .mapToLong(range -> range.pageBytes(from, to, pageBytes))
                .sum();
    }

    /** Returns whether a part of the region is shown, mapped for VFIO or not. */
    boolean shows(RamBlock block) {
        return ranges.stream().anyMatch(range -> block.isOf(range.region()));
    }
}
