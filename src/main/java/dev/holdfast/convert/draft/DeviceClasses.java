package dev.holdfast.convert.draft;

import dev.holdfast.api.DnsNames;
import dev.holdfast.api.Names;
import dev.holdfast.pci.PciAddress;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * PassthroughDeviceClasses of foreign devices, as the user sets them. A device is identified by KubeVirt's deviceName,
 * its IDs, or its PCI address.
 *
 * <p>Not thread-safe: it records the entries that were used.
 */
public final class DeviceClasses {
    private static final Pattern CLASS = Pattern.compile(DnsNames.LABEL_63);
    private static final Pattern IDS = Pattern.compile("(?i)[0-9a-f]{4}:[0-9a-f]{4}");
    private static final int LENGTH_WITHOUT_DOMAIN = "00:00.0".length();

    private final Map<String, String> classes = new LinkedHashMap<>();
    private final Set<String> used = new LinkedHashSet<>();

    /**
     * Reads entries such as {@code 10de:2236=a10}.
     *
     * @throws IllegalArgumentException if an entry is not DEVICE=CLASS; the message is for the user
     */
    public DeviceClasses(List<String> entries) {
        for (String entry : entries) {
            int sign = entry.lastIndexOf('=');
            String name = sign < 0 ? "" : entry.substring(sign + 1);
            String plain =
                    name.startsWith(Names.RESOURCE_PREFIX) ? name.substring(Names.RESOURCE_PREFIX.length()) : name;
            if (sign < 1 || !CLASS.matcher(plain).matches()) {
                throw new IllegalArgumentException(
                        "--device-class %s: must be DEVICE=CLASS, with a class of lower-case letters, digits and inner dashes; set one such as 10de:2236=a10"
                                .formatted(entry));
            }
            classes.put(normal(entry.substring(0, sign)), Names.resourceOf(plain));
        }
    }

    /** Returns the extended resource of the class for the first key that has one. */
    public Optional<String> resource(List<String> keys) {
        for (String key : keys) {
            String found = classes.get(normal(key));
            if (found != null) {
                used.add(normal(key));
                return Optional.of(found);
            }
        }
        return Optional.empty();
    }

    /** Returns the entries that matched no device of the input. */
    public List<String> unused() {
        return classes.keySet().stream().filter(key -> !used.contains(key)).toList();
    }

    /** Returns whether the key is a PCI address. */
    static boolean isAddress(String key) {
        return address(key).isPresent();
    }

    /**
     * Returns the key in normal form: an address as sysfs writes it, and IDs in lower case.
     */
    private static String normal(String key) {
        return address(key)
                .map(PciAddress::toString)
                .orElseGet(() -> IDS.matcher(key).matches() ? key.toLowerCase(Locale.ROOT) : key);
    }

    /** Returns the address that the key is, with domain 0000 if it has none. */
    private static Optional<PciAddress> address(String key) {
        return PciAddress.of(key.length() == LENGTH_WITHOUT_DOMAIN ? "0000:" + key : key);
    }
}
