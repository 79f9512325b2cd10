package dev.holdfast.memlock;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Limit and its terms. The names of the components and their order are the JSON format of {@code holdfast memlock}.
 *
 * @param policy        Exact, Libvirt, Fixed or Unlimited
 * @param requiredBytes the most that the kernel will charge, regardless of the policy: all terms, once per address
 *                 space, and bytes of other processes in a user's account
 * @param marginBytes   limitBytes less requiredBytes, negative if the limit is too low; 0 if unlimited
 * @param limitBytes    limit to set; 0 keeps the inherited limit; null if unlimited
 * @param maxBytes      maximum to which a measurement can raise the limit: limitBytes for Libvirt and Fixed; null if
 *                 unlimited
 * @param addressSpaces number of address spaces, each of which maps all system memory
 * @param terms         terms of one address space
 */
public record MemlockPlan(
        String policy,
        long requiredBytes,
        long marginBytes,
        @Nullable Long limitBytes,
        @Nullable Long maxBytes,
        boolean unlimited,
        int addressSpaces,
        List<Term> terms) {
    public MemlockPlan {
        terms = List.copyOf(terms);
    }

    /** Returns a copy for a policy that sets this limit, which a measurement does not raise. */
    MemlockPlan limited(String otherPolicy, long otherLimitBytes) {
        return new MemlockPlan(
                otherPolicy,
                requiredBytes,
                otherLimitBytes - requiredBytes,
                otherLimitBytes,
                otherLimitBytes,
                false,
                addressSpaces,
                terms);
    }

    /** Returns a copy for a policy without a limit. */
    MemlockPlan unlimited(String otherPolicy) {
        return new MemlockPlan(otherPolicy, requiredBytes, 0, null, null, true, addressSpaces, terms);
    }
}
