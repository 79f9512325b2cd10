package dev.holdfast.pci;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Name of an IOMMU group in ResourceSlices and ResourceClaims, which must be a DNS label. */
public final class DeviceName {
    private static final Pattern NAME = Pattern.compile("pci-(\\w+)-(\\w+)-(\\w+)-(\\w)");

    private DeviceName() {}

    /** Returns the name of a group: {@code 0000:65:00.0} becomes {@code pci-0000-65-00-0}. */
    public static String of(GroupId groupId) {
        return "pci-" + groupId.toString().replace(':', '-').replace('.', '-');
    }

    /** Returns the group of a name; empty for text that {@link #of} does not return. */
    public static Optional<GroupId> parse(String name) {
        Matcher matcher = NAME.matcher(name);
        return matcher.matches()
                ? GroupId.parse(
                        "%s:%s:%s.%s".formatted(matcher.group(1), matcher.group(2), matcher.group(3), matcher.group(4)))
                : Optional.empty();
    }
}
