package dev.holdfast.agent.bind;

import dev.holdfast.host.usage.PciUse;
import dev.holdfast.pci.PciAddress;

/**
 * Use of a function by the node, which keeps it from being taken from its driver.
 *
 * @param then what the agent does once the device is free; appended to the message
 */
record DeviceInUse(PciAddress address, PciUse use, String then) {
    /** Returns whether the kind of use is the same: the processes that open a device in turn are one kind of use. */
    boolean sameKind(DeviceInUse other) {
        return use.getClass().equals(other.use.getClass());
    }

    String message() {
        return address + " is in use: "
                + use.found()
                + "; "
                + switch (use) {
                    case PciUse.VirtualFunctions functions -> "write 0 to its sriov_numvfs when no VM has any of them";
                    case PciUse.Display display -> "end the program that draws there";
                    case PciUse.Console console ->
                        "unbind it (echo 0 to bind in /sys/class/vtconsole/vtcon1)"
                                + " or boot the node with video=efifb:off";
                    case PciUse.Mounted mounted -> "unmount it if the node does not need it";
                    case PciUse.Swap swap -> "end its use by swapoff if the node does not need it";
                    case PciUse.Stacked stacked -> "remove " + stacked.holder() + " if the node does not need it";
                    case PciUse.Network network -> "set it down if the node does not need it";
                    case PciUse.NetworkElsewhere elsewhere -> "move it back";
                    case PciUse.Input input -> "connect it to another port";
                    case PciUse.Opened opened -> "end that process";
                }
                + then;
    }
}
