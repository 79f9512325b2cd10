package dev.holdfast.pci;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Address of a PCI function: {@code domain:bus:device.function}, in bus order.
 *
 * @param domain   0 to 0xffffffff; virtual roots (Intel VMD, Hyper-V) use more than 16 bits
 * @param bus      0 to 255
 * @param device   0 to 31
 * @param function 0 to 7
 */
public record PciAddress(long domain, int bus, int device, int function) implements Comparable<PciAddress> {
    private static final Pattern FORM =
            Pattern.compile("([0-9a-f]{4,8}):([0-9a-f]{2}):([01][0-9a-f])\\.([0-7])", Pattern.CASE_INSENSITIVE);
    private static final Comparator<PciAddress> BUS_ORDER = Comparator.comparingLong(PciAddress::domain)
            .thenComparingInt(PciAddress::bus)
            .thenComparingInt(PciAddress::device)
            .thenComparingInt(PciAddress::function);

    /** Returns whether {@link #parse} accepts the text. */
    public static boolean isAddress(String text) {
        return FORM.matcher(text).matches();
    }

    /** Parses the form that {@link #parse} accepts; empty for any other. */
    public static Optional<PciAddress> of(String text) {
        return Optional.of(text).filter(PciAddress::isAddress).map(PciAddress::parse);
    }

    /**
     * Parses the form that sysfs and {@code lspci -D} print.
     *
     * @throws IllegalArgumentException with a message for users when the text is anything else
     */
    public static PciAddress parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("invalid PCI address \"" + text
                    + "\": must be like 0000:03:00.0 (domain:bus:device.function, hexadecimal);"
                    + " lspci -D prints them");
        }
        return new PciAddress(
                Long.parseLong(matcher.group(1), 16),
                Integer.parseInt(matcher.group(2), 16),
                Integer.parseInt(matcher.group(3), 16),
                Integer.parseInt(matcher.group(4)));
    }

    /** Parses the text that {@link #toString} returns; empty for any other, such as another spelling of an address. */
    public static Optional<PciAddress> canonical(String text) {
        return of(text).filter(address -> address.toString().equals(text));
    }

    /** Returns the address of another function of the same device. */
    public PciAddress withFunction(int other) {
        return new PciAddress(domain, bus, device, other);
    }

    @Override
    public int compareTo(PciAddress other) {
        return BUS_ORDER.compare(this, other);
    }

    /** Returns the name in sysfs: lower case, the domain with at least four digits. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(12);
        String domainDigits = Long.toHexString(domain);
        return text.repeat('0', Math.max(0, 4 - domainDigits.length()))
                .append(domainDigits)
                .append(':')
                .append(Character.forDigit(bus >> 4, 16))
                .append(Character.forDigit(bus & 0xf, 16))
                .append(':')
                .append(Character.forDigit(device >> 4, 16))
                .append(Character.forDigit(device & 0xf, 16))
                .append('.')
                .append(function)
                .toString();
    }
}
