package dev.holdfast.memlock.libvirt;

import dev.holdfast.text.Quoted;
import java.math.BigInteger;

/** Sizes as libvirt reads them; the default unit is KiB. */
final class Size {
    private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);

    private Size() {}

    /**
     * Returns the size in an element, whose attribute {@code unit} is the unit.
     *
     * @return bytes, rounded up to whole KiB
     * @throws IllegalArgumentException if it is not a number, negative, or more than 8 EiB; the message is for the user
     */
    static long bytes(Xml element) {
        BigInteger kib = scaled(element, "KiB").add(BigInteger.valueOf(1023)).shiftRight(10);
        return checked(element, kib.shiftLeft(10)).longValueExact();
    }

    private static BigInteger scaled(Xml element, String defaultUnit) {
        String text = element.text();
        if (!text.matches("-?\\d{1,20}")) {
            throw new IllegalArgumentException(
                    "<%s> is %s, must be a whole number; correct it".formatted(element.name(), Quoted.of(text)));
        }
        BigInteger number = new BigInteger(text);
        if (number.signum() < 0) {
            throw new IllegalArgumentException(
                    "<%s> is %s, must be at least 0; correct it".formatted(element.name(), text));
        }
        return checked(
                element,
                number.multiply(factor(element, element.attribute("unit").orElse(defaultUnit))));
    }

    private static BigInteger factor(Xml element, String unit) {
        return LibvirtUnit.bytes(unit)
                .orElseThrow(() -> new IllegalArgumentException(
                        "<%s> has the unit %s, must have one such as KiB or GiB; correct it"
                                .formatted(element.name(), Quoted.of(unit))));
    }

    private static BigInteger checked(Xml element, BigInteger bytes) {
        if (bytes.compareTo(MAX) > 0) {
            throw new IllegalArgumentException("<%s> is %s %s, must be at most 8 EiB; correct it"
                    .formatted(element.name(), element.text(), unit(element)));
        }
        return bytes;
    }

    /** Returns the unit of the element, printable. */
    static String unit(Xml element) {
        return Quoted.plain(element.attribute("unit").orElse("KiB"));
    }
}
