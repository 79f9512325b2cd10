package dev.holdfast.qemu;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The passed-through devices on the command line: each behind a root port, its functions as one multifunction device. */
final class PassthroughArgv {
    // Slot 0 is the host bridge, 1 the display, 0x1a to 0x1d what is emulated (EmulatedSlots), 0x1e a virtio-iommu,
    // 0x1f
    // the ICH9; 64 devices fit as three root ports to a slot.
    private static final int FIRST_SLOT = 2;
    private static final int SLOTS = EmulatedSlots.FIRST_SLOT - FIRST_SLOT;

    private PassthroughArgv() {}

    /**
     * @param mainFunctionOnly leave a group's other functions out: with a vIOMMU each function has an address space of its
     *                         own, and QEMU refuses one group in two of them
     */
    static List<String> of(List<String> names, NodeFacts node, boolean mainFunctionOnly) {
        List<String> argv = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            argv.add("-device");
            argv.add(rootPort(i, names.size()));
        }
        for (int i = 0; i < names.size(); i++) {
            List<String> all = Objects.requireNonNull(node.devices().get(names.get(i)));
            List<String> addresses = mainFunctionOnly ? all.subList(0, 1) : all;
            for (int function = 0; function < addresses.size(); function++) {
                argv.add("-device");
                argv.add(function(names.get(i), i, addresses, function));
            }
        }
        return argv;
    }

    private static String rootPort(int index, int count) {
        boolean shared = index < SLOTS && index + SLOTS < count;
        return "pcie-root-port,id=rp%d,bus=pcie.0,addr=0x%x.%d%s,chassis=%d,slot=%d"
                .formatted(
                        index,
                        FIRST_SLOT + index % SLOTS,
                        index / SLOTS,
                        shared ? ",multifunction=on" : "",
                        index + 1,
                        index + 1);
    }

    /** The prefix keeps names like {@code rp0} apart from our own, and QEMU wants an id to start with a letter. */
    private static String function(String name, int index, List<String> addresses, int function) {
        return "vfio-pci,host=%s,id=dev-%s%s,bus=rp%d,addr=0.%d%s"
                .formatted(
                        addresses.get(function),
                        name,
                        function == 0 ? "" : "." + function,
                        index,
                        function,
                        function == 0 && addresses.size() > 1 ? ",multifunction=on" : "");
    }
}
