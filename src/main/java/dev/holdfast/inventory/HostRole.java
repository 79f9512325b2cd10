package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciFunction;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Role of a PCI function for the host, by its class code (PCI Code and ID Assignment): what the host may lose without its
 * driver.
 */
enum HostRole {
    STORAGE("a storage controller", "its disks are not available without its driver", "lsblk"),
    NETWORK("a network card", "its links are down without its driver", "ip addr"),
    USB("a USB controller", "devices plugged into it are not available without its driver", "lsusb -t"),
    CONSOLE(
            "the display that this host boots on",
            "its console is not shown without its driver",
            "/sys/class/vtconsole"),
    CHIPSET("a part of the chipset", "it must keep its driver", "lspci -k"),
    SPLIT(
            "a device that its driver has divided, or a part of one",
            "the parts vanish without its driver",
            "sriov_numvfs"),
    OTHER("a device that this host itself may need", "the host loses it without its driver", "lspci -k");

    /** Class codes of GPUs and other functions of their cards: sound, accelerators, the controller of a USB-C port. */
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

    /** Returns the role of a function in the group of another; null when the host does not need it. */
    static @Nullable HostRole beside(PciFunction function) {
        return function.virtualFunctions() > 0 || function.needsItsDriver() ? SPLIT : of(function);
    }

    /** Returns whether the advice must never recommend to unbind its driver. */
    boolean keepsDriver() {
        return this == CHIPSET || this == SPLIT;
    }

    /** Returns the role by the class code of a function only; null when the host does not need it. */
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

    /** Returns the noun with its article. */
    String noun() {
        return noun;
    }

    /** Returns what the host loses. */
    String loss() {
        return loss;
    }

    /** Returns a command or a path that shows whether the host uses it. */
    String look() {
        return look;
    }
}
