package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.tree.Part;
import dev.holdfast.pci.PciAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reader of the host's PCI functions, in the forms of libvirt and of QEMU. */
final class HostAddress {
    private static final int MAX_DOMAIN = 0xffff;
    private static final int MAX_BUS = 0xff;
    private static final int MAX_DEVICE = 0x1f;
    private static final int MAX_FUNCTION = 7;

    private static final Pattern HOST =
            Pattern.compile("(?:([0-9a-fA-F]{1,4}):)?([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\\.([0-7])");

    private HostAddress() {}

    /**
     * Returns the function of an {@code <address>} with domain, bus, slot and function, in hexadecimal or decimal as in
     * libvirt; empty if one is invalid, or if all but the function are zero or absent, as in libvirt.
     */
    static Optional<PciAddress> of(Part address) {
        int domain = number(address.attribute("domain"), MAX_DOMAIN);
        int bus = number(address.attribute("bus"), MAX_BUS);
        int device = number(address.attribute("slot"), MAX_DEVICE);
        int function = number(address.attribute("function"), MAX_FUNCTION);
        address.attribute("type").is("pci");
        address.attribute("multifunction").done();
        boolean invalid = domain < 0 || bus < 0 || device < 0 || function < 0;
        return invalid || domain == 0 && bus == 0 && device == 0
                ? Optional.empty()
                : Optional.of(new PciAddress(domain, bus, device, function));
    }

    /** Returns the function of a QEMU argument: {@code 0000:65:00.0}, or without the domain; empty for any other text. */
    static Optional<PciAddress> of(String host) {
        Matcher matcher = HOST.matcher(host);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int device = Integer.parseInt(matcher.group(3), 16);
        return device > MAX_DEVICE
                ? Optional.empty()
                : Optional.of(new PciAddress(
                        matcher.group(1) == null ? 0 : Long.parseLong(matcher.group(1), 16),
                        Integer.parseInt(matcher.group(2), 16),
                        device,
                        Integer.parseInt(matcher.group(4))));
    }

    private static int number(Part part, int most) {
        String text = part.text().orElse("0");
        boolean hex = text.startsWith("0x") || text.startsWith("0X");
        String digits = hex ? text.substring(2) : text;
        if (!digits.matches(hex ? "[0-9a-fA-F]{1,8}" : "[0-9]{1,6}")) {
            return -1;
        }
        long number = Long.parseLong(digits, hex ? 16 : 10);
        return number > most ? -1 : (int) number;
    }
}
