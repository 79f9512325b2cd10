package dev.holdfast.memlock;

/**
 * Memory of a qxl display (QEMU {@code hw/display/qxl.c}, {@code qxl_init_ramsize}): RAM in one BAR, which starts with
 * the framebuffer; video RAM, which is mapped by a 32-bit and a 64-bit BAR; and a ROM.
 *
 * @param ramBytes    RAM, the framebuffer included
 * @param vramBytes   size of the video RAM in the 32-bit BAR
 * @param vram64Bytes size of the video RAM in the 64-bit BAR; 0 if it is not set
 * @param vgaMemBytes framebuffer, in whole MiB
 */
public record QxlMemory(long ramBytes, long vramBytes, long vram64Bytes, long vgaMemBytes) {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;

    /** Default sizes. */
    public static final QxlMemory DEFAULT = new QxlMemory(64 * MIB, 64 * MIB, 0, 16 * MIB);

    private static final long ROM_BYTES = 8 * KIB;
    private static final long MIN_VGA_MEM_BYTES = 8 * MIB;
    private static final long MAX_VGA_MEM_BYTES = 256 * MIB;

    /** Maximum RAM of a display with VGA, as in vga_common_init(). */
    private static final long MAX_PRIMARY_RAM_BYTES = 512 * MIB;

    /** Maximum size of a part. A 64-bit BAR could be larger, but no machine has so much memory. */
    private static final long MAX_PART_BYTES = 64L << 30;

    /**
     * Returns the sum of all parts as QEMU rounds them.
     *
     * @param primary true if the display has VGA
     * @return bytes
     * @throws IllegalArgumentException if a part is negative or above 64 GiB; the message is for the user
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
