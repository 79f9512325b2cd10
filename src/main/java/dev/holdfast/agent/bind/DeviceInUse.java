package dev.holdfast.agent.bind;

import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.usage.PciUse;

/**
 * Why a function cannot be taken from its driver. Any use at all is one too many.
 *
 * @param then what will be done when it is free, as the end of a sentence
 */
record DeviceInUse(PciAddress address, PciUse use, String then) {
    /** Whether there is nothing new in this: a device that several open in turn is in one kind of use. */
    boolean sameKind(DeviceInUse other) {
        return use.getClass().equals(other.use.getClass());
    }

    String sentence() {
        return address + " is in use: "
                + use.found()
                + "; "
                + switch (use) {
                    case PciUse.VirtualFunctions functions -> "write 0 to its sriov_numvfs when no VM has any of them";
                    case PciUse.Display display -> "end what draws there";
                    case PciUse.Console console ->
                        "unbind it (echo 0 to bind in /sys/class/vtconsole/vtcon1)"
                                + " or boot the node with video=efifb:off";
                    case PciUse.Mounted mounted -> "unmount it when the node can do without";
                    case PciUse.Swap swap -> "swapoff it when the node can do without";
                    case PciUse.Stacked stacked -> "take " + stacked.holder() + " apart when the node can do without";
                    case PciUse.Network network -> "set it down when the node can do without";
                    case PciUse.NetworkElsewhere elsewhere -> "bring it back";
                    case PciUse.Input input -> "plug it in elsewhere";
                    case PciUse.Opened opened -> "end that";
                }
                + then;
    }
}
