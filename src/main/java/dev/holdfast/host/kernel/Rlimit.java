package dev.holdfast.host.kernel;

/**
 * A resource limit as the kernel keeps it.
 *
 * @param soft in bytes, unsigned; {@link #INFINITY} for none
 * @param hard in bytes, unsigned; {@link #INFINITY} for none
 */
public record Rlimit(long soft, long hard) {
    /** RLIM_INFINITY: all bits set, in both structures and both architectures. */
    public static final long INFINITY = -1L;

    /** Soft and hard alike. */
    public static Rlimit of(long bytes) {
        return new Rlimit(bytes, bytes);
    }

    /** {@code "8388608 bytes"} or {@code "unlimited"}, for sentences. */
    public static String text(long bytes) {
        return bytes == INFINITY ? "unlimited" : Long.toUnsignedString(bytes) + " bytes";
    }
}
