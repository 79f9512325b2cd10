package dev.holdfast.agent.dra;

import dev.holdfast.pci.GroupId;

/** Name of a device in slices and claims, which must be a DNS label. */
public final class DeviceName {
    private static final String PREFIX = "pci-";

    private DeviceName() {}

    /** Returns the name of a group: {@code 0000:65:00.0} becomes {@code pci-0000-65-00-0}. */
    public static String of(GroupId groupId) {
        return PREFIX + groupId.toString().replace(':', '-').replace('.', '-');
    }
}
