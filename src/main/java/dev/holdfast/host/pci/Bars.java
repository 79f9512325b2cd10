package dev.holdfast.host.pci;

import dev.holdfast.text.Quoted;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Parses the file {@code resource} of a PCI function: a line for each register with first address, last address and flags;
 * the six BARs come before the ROM and the registers of bridges (pci-sysfs.c, resource_show; flags in linux/ioport.h).
 */
final class Bars {
    private static final int BARS = 6;
    private static final long IO = 0x100;
    private static final long MEMORY = 0x200;
    private static final long PREFETCHABLE = 0x2000;
    private static final long MEMORY_64 = 0x100000;
    private static final Pattern BLANK = Pattern.compile(" ");

    private Bars() {}

    /**
     * Parses the file.
     *
     * @throws IllegalArgumentException with a message for users when the file has another form
     */
    static List<Bar> parse(String resource) {
        List<Bar> bars = new ArrayList<>(BARS);
        int index = 0;
        for (String line : (Iterable<String>) resource.lines().limit(BARS)::iterator) {
            String[] numbers = BLANK.split(line, -1);
            if (numbers.length != 3) {
                throw unexpected(line);
            }
            long flags = number(numbers[2], line);
            if ((flags & (IO | MEMORY)) != 0) {
                bars.add(new Bar(
                        index,
                        size(number(numbers[0], line), number(numbers[1], line), line),
                        type(flags),
                        (flags & PREFETCHABLE) != 0));
            }
            index++;
        }
        return bars;
    }

    private static Bar.Type type(long flags) {
        if ((flags & IO) != 0) {
            return Bar.Type.io;
        }
        return (flags & MEMORY_64) != 0 ? Bar.Type.mem64 : Bar.Type.mem32;
    }

    private static long size(long first, long last, String line) {
        long size = last - first + 1;
        // A register is decoded by its address bits, so its size is always a power of two (PCI specification, 6.2.5.1).
        if (size <= 0 || Long.bitCount(size) != 1) {
            throw unexpected(line);
        }
        return size;
    }

    private static long number(String text, String line) {
        if (!text.startsWith("0x")) {
            throw unexpected(line);
        }
        try {
            return Long.parseUnsignedLong(text, 2, text.length(), 16);
        } catch (NumberFormatException e) {
            throw unexpected(line);
        }
    }

    private static IllegalArgumentException unexpected(String line) {
        return new IllegalArgumentException("found " + Quoted.of(line, 40)
                + " in its file resource, where first address, last address and flags of a register are required");
    }
}
