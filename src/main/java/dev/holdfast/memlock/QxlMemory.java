package dev.holdfast.memlock;

/**
 * The memory of a qxl display (QEMU {@code hw/display/qxl.c}, {@code qxl_init_ramsize}): a BAR with RAM, of which the
 * start is the framebuffer; one with video RAM, which two BARs show, of 32 and of 64 bits; and a ROM.
 *
 * @param ramBytes    RAM, the framebuffer included
 * @param vramBytes   video RAM as the BAR of 32 bits shows it
 * @param vram64Bytes video RAM as the BAR of 64 bits shows it; 0 when it is not set
 * @param vgaMemBytes framebuffer, in whole MiB
 */
public record QxlMemory(long ramBytes, long vramBytes, long vram64Bytes, long vgaMemBytes) {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;

    /** The sizes when none is set. */
    public static final QxlMemory DEFAULT = new QxlMemory(64 * MIB, 64 * MIB, 0, 16 * MIB);

    private static final long ROM_BYTES = 8 * KIB;
    private static final long MIN_VGA_MEM_BYTES = 8 * MIB;
    private static final long MAX_VGA_MEM_BYTES = 256 * MIB;

    /** To this vga_common_init() cuts the RAM of a display that is a VGA too. */
    private static final long MAX_PRIMARY_RAM_BYTES = 512 * MIB;

    /** The largest single part; a BAR of 64 bits may have more, a machine has not. */
    private static final long MAX_PART_BYTES = 64L << 30;

    /**
     * Returns the size of all parts as QEMU rounds them.
     *
     * @param primary whether it is a VGA too
     * @return bytes
     * @throws IllegalArgumentException with one message, when a part is negative or above 64 GiB
     */
    public long bytes(boolean primary) {
        check("ram", ramBytes);
        check("vram", vramBytes);
        check("vram64", vram64Bytes);
        check("vgamem", vgaMemBytes);
        long vgaMem = Math.clamp(vgaMemBytes, MIN_VGA_MEM_BYTES, MAX_VGA_MEM_BYTES);
        long ram = powerOfTwo(Math.max(ramBytes, 2 * vgaMem));
        long vram = powerOfTwo(Math.max(Math.max(vramBytes, 4 * KIB), vram64Bytes));
        return (primary ? Math.min(ram, MAX_PRIMARY_RAM_BYTES) : ram) + vram + ROM_BYTES;
    }

    private static void check(String part, long bytes) {
        if (bytes < 0 || bytes > MAX_PART_BYTES) {
            throw new IllegalArgumentException(
                    "%s of a qxl is %d bytes, must be 0 to 64Gi; correct it".formatted(part, bytes));
        }
    }

    private static long powerOfTwo(long number) {
        long high = Long.highestOneBit(number);
        return high == number ? number : high * 2;
    }
}
