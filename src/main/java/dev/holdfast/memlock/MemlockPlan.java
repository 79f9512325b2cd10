package dev.holdfast.memlock;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The limit and its explanation. The component names and their order are the JSON contract of {@code holdfast memlock}.
 *
 * @param policy        Exact, Libvirt, Fixed or Unlimited
 * @param requiredBytes the most that the kernel will charge, whichever the policy: all terms, once per address space,
 *                      and what others have in a user's account
 * @param marginBytes   limitBytes less requiredBytes, negative when the limit is too small; 0 when unlimited
 * @param limitBytes    what to set; 0 leaves the inherited limit; null when unlimited
 * @param maxBytes      the most that a measurement may raise the limit to: limitBytes itself under Libvirt and Fixed;
 *                      null when unlimited
 * @param addressSpaces how often all of system memory is mapped
 * @param terms         of one address space
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

    /** The same machine under a policy that sets this limit and no other: a measurement does not raise it. */
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

    /** The same machine under a policy that sets no limit. */
    MemlockPlan unlimited(String otherPolicy) {
        return new MemlockPlan(otherPolicy, requiredBytes, 0, null, null, true, addressSpaces, terms);
    }
}
