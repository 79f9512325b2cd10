package dev.holdfast.qemu.argv;

/**
 * Root ports for emulated disks and network cards. They have slots of their own, and each kind has its own among these:
 * a guest finds its disk and its network card where they were, however many devices or disks are added.
 */
final class EmulatedSlots {
    /** Behind the slots of the passed-through devices, see {@link PassthroughArgv}. */
    static final int FIRST_SLOT = 0x1a;

    private static final int FUNCTIONS = 8;
    private static final int DISKS = 16;
    /** Passed-through devices have 1 to 64. */
    private static final int FIRST_CHASSIS = 129;

    private EmulatedSlots() {}

    static int ofNic(int index) {
        return DISKS + index;
    }

    static String bus(int port) {
        return "ep" + port;
    }

    static String rootPort(int port) {
        return "pcie-root-port,id=%s,bus=pcie.0,addr=0x%x.%d%s,chassis=%d,slot=%d"
                .formatted(
                        bus(port),
                        FIRST_SLOT + port / FUNCTIONS,
                        port % FUNCTIONS,
                        port % FUNCTIONS == 0 ? ",multifunction=on" : "",
                        FIRST_CHASSIS + port,
                        FIRST_CHASSIS + port);
    }
}
