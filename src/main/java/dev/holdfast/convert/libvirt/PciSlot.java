package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.tree.Part;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * PCI function of the host.
 *
 * @param slot     domain, bus and slot, such as {@code 0000:65:00}
 * @param function 0 to 7
 */
record PciSlot(String slot, int function) {
    private static final Pattern HOST =
            Pattern.compile("(?:([0-9a-fA-F]{1,4}):)?([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\\.([0-7])");

    /**
     * Returns the function of an {@code <address>} with domain, bus, slot and function, in hexadecimal or decimal as in
     * libvirt; empty if one is invalid, or if all but the function are zero or absent, as in libvirt.
     */
    static Optional<PciSlot> of(Part address) {
        int domain = number(address.attribute("domain"), 0xffff);
        int bus = number(address.attribute("bus"), 0xff);
        int slot = number(address.attribute("slot"), 0x1f);
        int function = number(address.attribute("function"), 7);
        address.attribute("type").is("pci");
        address.attribute("multifunction").done();
        boolean invalid = domain < 0 || bus < 0 || slot < 0 || function < 0;
        return invalid || domain == 0 && bus == 0 && slot == 0
                ? Optional.empty()
                : Optional.of(new PciSlot("%04x:%02x:%02x".formatted(domain, bus, slot), function));
    }

    /** Returns the function of a QEMU argument: {@code 0000:65:00.0}, or without the domain. */
    static Optional<PciSlot> of(String host) {
        Matcher matcher = HOST.matcher(host);
        return matcher.matches()
                ? Optional.of(new PciSlot(
                        "%04x:%02x:%02x"
                                .formatted(
                                        matcher.group(1) == null ? 0 : Integer.parseInt(matcher.group(1), 16),
                                        Integer.parseInt(matcher.group(2), 16),
                                        Integer.parseInt(matcher.group(3), 16)),
                        Integer.parseInt(matcher.group(4))))
                : Optional.empty();
    }

    String address() {
        return slot + "." + function;
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
