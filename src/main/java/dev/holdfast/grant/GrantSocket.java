package dev.holdfast.grant;

/** Location of the agent's socket, and bounds of the messages over it. */
public final class GrantSocket {
    /** Directory of the socket: the same path on the node and, mounted read-only, in the VM's container. */
    public static final String DIRECTORY = "/run/holdfast/grant";

    /** Name of the socket in that directory. */
    public static final String NAME = "grant.sock";

    /** Maximum length of an answer that a launcher reads, in bytes; a longer one is invalid. */
    public static final int MAX_LINE_BYTES = 64 * 1024;

    /**
     * Maximum length of a request that the agent reads, in bytes; a longer one is invalid. Two names and a number take
     * a tenth of it. The agent reserves as much for each connection.
     */
    public static final int MAX_REQUEST_BYTES = 4 * 1024;

    private GrantSocket() {}
}
