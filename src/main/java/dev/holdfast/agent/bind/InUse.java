package dev.holdfast.agent.bind;

import dev.holdfast.host.PciAddress;
import dev.holdfast.host.PciUse;

/**
 * Why a function cannot be taken from its driver. Any use at all is one too many.
 *
 * @param then what will be done when it is free, as the end of a sentence
 */
record InUse(PciAddress address, PciUse use, String then) {
    /** Whether there is nothing new in this: a device that several open in turn is in one kind of use. */
    boolean sameKind(InUse other) {
        return use.getClass().equals(other.use.getClass());
    }

    String sentence() {
        return address + " is in use: "
                + switch (use) {
                    case PciUse.VirtualFunctions functions ->
                        functions.enabled() + " virtual functions of it are enabled; write 0 to its sriov_numvfs";
                    case PciUse.Display display ->
                        "the display at " + display.connector() + " shows a picture; end what draws there";
                    case PciUse.Console console ->
                        "the node's console is drawn on " + console.framebuffer()
                                + "; unbind it (echo 0 to bind in /sys/class/vtconsole/vtcon1)"
                                + " or boot the node with video=efifb:off";
                    case PciUse.Mounted mounted ->
                        mounted.disk() + " is mounted at " + mounted.where() + "; unmount it";
                    case PciUse.Swap swap -> "the node swaps to " + swap.disk() + "; swapoff it";
                    case PciUse.Stacked stacked ->
                        stacked.holder() + " lies on " + stacked.disk() + "; take " + stacked.holder() + " apart";
                    case PciUse.Network network ->
                        "its network interface " + network.name() + " is up; set it down when the node can do without";
                    case PciUse.NetworkElsewhere elsewhere ->
                        "its network interface is in another network namespace, a container's perhaps; bring it back";
                    case PciUse.Opened opened ->
                        "/dev/" + opened.device() + " is held open by process " + opened.pid() + " (" + opened.command()
                                + "); end that";
                }
                + then;
    }
}
