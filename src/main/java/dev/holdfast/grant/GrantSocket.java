package dev.holdfast.grant;

/** Where launcher and agent meet. */
public final class GrantSocket {
    /** The directory, the same on the node and, mounted read-only, in the VM's container. */
    public static final String DIRECTORY = "/run/holdfast/grant";

    /** The socket in that directory. */
    public static final String NAME = "grant.sock";

    /** The longest line that either side reads, in bytes; a longer one is garbage. */
    public static final int MAX_LINE_BYTES = 64 * 1024;

    private GrantSocket() {}
}
