package dev.holdfast.memlock;

import org.jspecify.annotations.Nullable;

/** How the limit is found. */
public enum Policy {
    /** What the kernel will charge at the most, and 1 MiB for each address space. */
    EXACT(Exact.NAME),
    /** Bit for bit what libvirt 9.3 and later compute. */
    LIBVIRT(Libvirt.NAME),
    /** A number that the user names. */
    FIXED(Fixed.NAME),
    /** No limit. */
    UNLIMITED(Unlimited.NAME);

    private final String label;

    Policy(String label) {
        this.label = label;
    }

    /** As {@code spec.memory.memlock.policy} and the command line spell it. */
    @Override
    public String toString() {
        return label;
    }

    /**
     * The limit by this policy; what is required is Exact's under each of them.
     *
     * @param fixedBytes the number for {@link #FIXED}, null for the others
     * @throws IllegalArgumentException with one sentence, when the input is none that a machine has, or the number is
     *     missing, superfluous or too small ({@link Fixed.TooLowException})
     */
    public MemlockPlan plan(MemlockInput input, @Nullable Long fixedBytes) {
        if (this != FIXED && fixedBytes != null) {
            throw new IllegalArgumentException(
                    "a limit of %d bytes is given, but policy %s finds its own; leave the limit out or choose policy Fixed"
                            .formatted(fixedBytes, this));
        }
        return switch (this) {
            case EXACT -> Exact.plan(input);
            case LIBVIRT -> Libvirt.plan(input);
            case FIXED -> Fixed.plan(input, fixedBytes);
            case UNLIMITED -> Unlimited.plan(input);
        };
    }
}
