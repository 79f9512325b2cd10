package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciFunction;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a host may lose together with the driver of a PCI function, by its class (PCI Code and ID Assignment). */
enum HostRole {
    STORAGE("a storage controller", "its disks are gone without its driver", "lsblk"),
    NETWORK("a network card", "its links are down without its driver", "ip addr"),
    USB("a USB controller", "what is plugged into it is gone without its driver", "lsusb -t"),
    CONSOLE("the display that this host boots on", "its console is dark without its driver", "/sys/class/vtconsole"),
    CHIPSET("a part of the chipset", "it keeps its driver", "lspci -k"),
    SPLIT("a device that its driver has split, or a part of one", "the parts vanish with its driver", "sriov_numvfs"),
    OTHER("a device that this host itself may need", "what that is its driver tells", "lspci -k");

    /** Of a GPU and what belongs to it: sound, accelerators, the controller of a USB-C port. */
    private static final Set<String> OF_CARDS = Set.of("03", "04", "12");

    private static final Set<String> OF_CARDS_TOO = Set.of("0b40", "0c80");
    private static final String SD_CARDS = "0805";

    private final String noun;
    private final String loss;
    private final String look;

    HostRole(String noun, String loss, String look) {
        this.noun = noun;
        this.loss = loss;
        this.look = look;
    }

    /** Returns the role of one in another's group; null where the driver only serves those who use the card itself. */
    static @Nullable HostRole beside(PciFunction function) {
        return function.virtualFunctions() > 0 || function.needsItsDriver() ? SPLIT : of(function);
    }

    /** Returns whether no advice may ever take it from its driver. */
    boolean keepsDriver() {
        return this == CHIPSET || this == SPLIT;
    }

    /** Returns the role by the class of a function alone; null likewise. */
    static @Nullable HostRole of(PciFunction function) {
        String base = function.classCode().substring(0, 2);
        String sub = function.classCode().substring(0, 4);
        if (function.chipset()) {
            return CHIPSET;
        }
        if (function.bootVga()) {
            return CONSOLE;
        }
        if (base.equals("01") || sub.equals(SD_CARDS)) {
            return STORAGE;
        }
        if (base.equals("02") || base.equals("0d")) {
            return NETWORK;
        }
        if (sub.equals("0c03")) {
            return USB;
        }
        return OF_CARDS.contains(base) || OF_CARDS_TOO.contains(sub) || function.gpuSwitch() ? null : OTHER;
    }

    /** With its article. */
    String noun() {
        return noun;
    }

    /** What the host loses. */
    String loss() {
        return loss;
    }

    /** A command, or a place, that shows whether the host uses it. */
    String look() {
        return look;
    }
}
