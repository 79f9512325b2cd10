package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.MemoryModule;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Policy Exact: the most that the kernel will charge, plus 1 MiB for each address space.
 *
 * <p>The kernel charges every page with a {@code struct page} that QEMU maps for VFIO, and refuses a mapping that
 * exceeds the limit, in whole pages (Linux {@code drivers/vfio/vfio_iommu_type1.c}, {@code vfio_pin_pages_remote}). The
 * limit is therefore the sum of QEMU's RAM and ROM sections, and includes from the start memory that firmware maps
 * later: QEMU aborts if enabling a video BAR fails. The terms subtract neither parts of a section that another section
 * hides, nor pages that some kernels do not charge (Linux 6.1 does not charge untouched ROM, 6.12 does).
 */
public final class ExactPolicy {
    public static final String NAME = "Exact";

    public static final long MIN_GUEST_BYTES = InputBounds.MIN_GUEST_BYTES;
    public static final long MAX_GUEST_BYTES = InputBounds.MAX_MEMORY_BYTES;

    private static final long GIB = 1L << 30;
    private static final long MARGIN_BYTES = 1L << 20;

    private ExactPolicy() {}

    /**
     * Returns the plan for a machine. There is no limit if all memory is locked, because the memory that QEMU allocates
     * for itself is unknown.
     *
     * @throws IllegalArgumentException if memory is not 1 MiB to 64 TiB, the page size not a power of two from 4 KiB to
     *                 1 MiB, the video memory invalid for the model, or the number of devices of one kind not 0 to
     *                 1024; the message is for the user
     */
    public static MemlockPlan plan(MemlockInput input) {
        InputBounds.check(input);
        List<Term> terms = SystemMemory.terms(input);
        long mapBytes = sum(terms);
        List<Term> registered = RegisteredMemory.terms(input);
        Optional<Account> account = Account.of(input, sum(registered)).stream()
                .max(Comparator.comparingLong(candidate -> candidate.bytes(mapBytes)));
        if (account.filter(charged -> charged.kind() == Account.Kind.REGISTERED).isPresent()) {
            terms = Stream.concat(terms.stream(), registered.stream()).toList();
        }
        int addressSpaces = account.map(Account::maps).orElse(0);
        long requiredBytes = account.map(charged -> charged.bytes(mapBytes)).orElse(0L);
        if (input.memory().locked()) {
            return new MemlockPlan(NAME, requiredBytes, 0, null, null, true, addressSpaces, terms);
        }
        long limitBytes = Math.addExact(
                SystemMemory.roundUp(requiredBytes, input.platform().pageBytes()), MARGIN_BYTES * addressSpaces);
        long otherBytes = account.map(Account::otherBytes).orElse(0L);
        long maxBytes = Math.max(limitBytes, Math.addExact(maxBytes(input, addressSpaces), otherBytes));
        return new MemlockPlan(
                NAME, requiredBytes, limitBytes - requiredBytes, limitBytes, maxBytes, false, addressSpaces, terms);
    }

    private static long sum(List<Term> terms) {
        return terms.stream().mapToLong(Term::bytes).reduce(0, Math::addExact);
    }

    /**
     * Returns the maximum to which a measurement can raise the limit: all memory and libvirt's one GiB, for each
     * address space.
     */
    private static long maxBytes(MemlockInput input, int addressSpaces) {
        long hotplug =
                input.memory().modules().stream().mapToLong(MemoryModule::bytes).sum();
        return Math.multiplyExact(input.guestBytes() + hotplug + GIB, addressSpaces);
    }
}
