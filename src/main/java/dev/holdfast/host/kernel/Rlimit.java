package dev.holdfast.host.kernel;

/**
 * A resource limit as the kernel stores it.
 *
 * @param soft in bytes, unsigned; {@link #INFINITY} for no limit
 * @param hard in bytes, unsigned; {@link #INFINITY} for no limit
 */
public record Rlimit(long soft, long hard) {
    /** RLIM_INFINITY: all bits set, in both structures and both architectures. */
    public static final long INFINITY = -1L;

    /** Returns a limit whose soft and hard value are equal. */
    public static Rlimit of(long bytes) {
        return new Rlimit(bytes, bytes);
    }

    /** Returns a limit for messages: {@code "8388608 bytes"} or {@code "unlimited"}. */
    public static String text(long bytes) {
        return bytes == INFINITY ? "unlimited" : Long.toUnsignedString(bytes) + " bytes";
    }
}
