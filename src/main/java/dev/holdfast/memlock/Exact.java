package dev.holdfast.memlock;

import java.util.List;

/**
 * The policy Exact: what the kernel will charge at the most, and 1 MiB for each address space.
 *
 * <p>The kernel charges every page with a {@code struct page} that QEMU maps for VFIO and refuses the mapping that passes
 * the limit, in whole pages (Linux {@code drivers/vfio/vfio_iommu_type1.c}, {@code vfio_pin_pages_remote}). So the sum of
 * QEMU's RAM and ROM sections is the limit, and it holds from the start what firmware maps later: QEMU aborts when
 * enabling a video BAR fails. The terms do not subtract what one section hides of another, nor pages that some kernels
 * do not charge (Linux 6.1 leaves untouched ROM out, 6.12 counts it).
 */
public final class Exact {
    public static final String NAME = "Exact";

    public static final long MIN_GUEST_BYTES = 1L << 20;
    public static final long MAX_GUEST_BYTES = 64L << 40;

    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    private static final int MAX_DEVICES = 64;
    private static final long MARGIN_BYTES = MIB;

    private Exact() {}

    /**
     * The limit for one machine.
     *
     * @throws IllegalArgumentException with one sentence, when guest memory is not 1 MiB to 64 TiB, the page size not a
     *     power of two from 4 KiB to 1 MiB, the video memory not one that the model takes, or the devices not 0 to 64
     */
    public static MemlockPlan plan(MemlockInput input) {
        check(input);
        List<Term> terms = SystemMemory.terms(input);
        long mapBytes = terms.stream().mapToLong(Term::bytes).reduce(0, Math::addExact);
        // All devices share one map of system memory as long as the guest has no IOMMU of its own.
        int addressSpaces = input.deviceCount() == 0 ? 0 : 1;
        long requiredBytes = Math.multiplyExact(mapBytes, addressSpaces);
        long marginBytes = MARGIN_BYTES * addressSpaces;
        long limitBytes = Math.addExact(requiredBytes, marginBytes);
        // The most that anyone has ever given: libvirt's gibibyte on top of guest memory.
        long maxBytes = Math.max(limitBytes, Math.multiplyExact(input.guestBytes() + GIB, addressSpaces));
        return new MemlockPlan(NAME, requiredBytes, marginBytes, limitBytes, maxBytes, false, addressSpaces, terms);
    }

    private static void check(MemlockInput input) {
        require(
                input.guestBytes() >= MIN_GUEST_BYTES && input.guestBytes() <= MAX_GUEST_BYTES,
                "guest memory is %d bytes, but 1Mi to 64Ti are possible; give a size in that range",
                input.guestBytes());
        require(
                Long.bitCount(input.pageBytes()) == 1 && input.pageBytes() >= 4096 && input.pageBytes() <= MIB,
                "page size is %d bytes, but a host has a power of two from 4Ki to 1Mi; give its getconf PAGESIZE",
                input.pageBytes());
        require(
                input.deviceCount() >= 0 && input.deviceCount() <= MAX_DEVICES,
                "there are %d devices, but 0 to 64 are possible; leave some out",
                input.deviceCount());
    }

    private static void require(boolean holds, String sentence, long found) {
        if (!holds) {
            throw new IllegalArgumentException(sentence.formatted(found));
        }
    }
}
