package dev.holdfast.user.console;

/** Separates keys for the guest from the key that leaves the console: Ctrl-], as in telnet and virsh. Pure. */
final class EscapeFilter {
    /** Ctrl-]. */
    private static final byte LEAVE = 0x1d;

    private EscapeFilter() {}

    /**
     * Returns how many of the first bytes are for the guest: all, or those before the key.
     *
     * @param length number of bytes that were read
     */
    static int forGuest(byte[] keys, int length) {
        for (int i = 0; i < length; i++) {
            if (keys[i] == LEAVE) {
                return i;
            }
        }
        return length;
    }
}
