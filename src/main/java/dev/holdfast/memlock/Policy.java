package dev.holdfast.memlock;

import org.jspecify.annotations.Nullable;

/** Policy that determines the limit. */
public enum Policy {
    /** The most that the kernel will charge, plus 1 MiB for each address space. */
    EXACT(ExactPolicy.NAME),
    /** Exactly the limit that libvirt 9.3 and later compute. */
    LIBVIRT(LibvirtPolicy.NAME),
    /** A limit that the user sets. */
    FIXED(FixedPolicy.NAME),
    /** No limit. */
    UNLIMITED(UnlimitedPolicy.NAME);

    private final String label;

    Policy(String label) {
        this.label = label;
    }

    /** Returns the name as in {@code spec.memory.memlock.policy} and on the command line. */
    @Override
    public String toString() {
        return label;
    }

    /**
     * Returns the plan of this policy; the required bytes are those of Exact for each policy.
     *
     * @param fixedBytes limit for {@link #FIXED}; null for the others
     * @throws IllegalArgumentException if the input is invalid, or the limit is missing, not allowed or too low ({@link
     *                 FixedPolicy.TooLowException}); the message is for the user
     */
    public MemlockPlan plan(MemlockInput input, @Nullable Long fixedBytes) {
        if (this != FIXED && fixedBytes != null) {
            throw new IllegalArgumentException(
                    "a limit of %d bytes is set, but policy %s computes its own; remove the limit, or choose policy Fixed"
                            .formatted(fixedBytes, this));
        }
        return switch (this) {
            case EXACT -> ExactPolicy.plan(input);
            case LIBVIRT -> LibvirtPolicy.plan(input);
            case FIXED -> FixedPolicy.plan(input, fixedBytes);
            case UNLIMITED -> UnlimitedPolicy.plan(input);
        };
    }
}
