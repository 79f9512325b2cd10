package dev.holdfast.agent.dra;

/** Decides by which path pods get the devices of a class on this node. */
@FunctionalInterface
public interface ClaimedClasses {
    /** No class: all devices are offered by device plugins. */
    ClaimedClasses NONE = any -> false;

    /** Returns whether pods get them by a ResourceClaim, and not by a device plugin. */
    boolean byClaim(String deviceClass);
}
