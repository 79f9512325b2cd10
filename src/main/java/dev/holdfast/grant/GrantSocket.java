package dev.holdfast.grant;

/** Where launcher and agent meet. */
public final class GrantSocket {
    /** The directory, the same on the node and, mounted read-only, in the VM's container. */
    public static final String DIRECTORY = "/run/holdfast/grant";

    /** The socket in that directory. */
    public static final String NAME = "grant.sock";

    /** The longest answer that a launcher reads, in bytes; a longer one is garbage. */
    public static final int MAX_LINE_BYTES = 64 * 1024;

    /**
     * The longest request that the agent reads, in bytes; a longer one is garbage. Two names and a number take a tenth of
     * it, and the agent keeps as much for everybody who is connected.
     */
    public static final int MAX_REQUEST_BYTES = 4 * 1024;

    private GrantSocket() {}
}
