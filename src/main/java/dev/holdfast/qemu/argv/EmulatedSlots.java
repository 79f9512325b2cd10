package dev.holdfast.qemu.argv;

/**
 * Root ports for emulated disks and network cards. They have slots of their own, separate for each kind: the addresses of a
 * guest's disk and network card do not change when devices or disks are added.
 */
final class EmulatedSlots {
    /** The first slot after those of the passed-through devices, see {@link PassthroughArgv}. */
    static final int FIRST_SLOT = 0x1a;

    private static final int FUNCTIONS = 8;
    private static final int DISKS = 16;
    /** Passed-through devices have chassis 1 to 64. */
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
