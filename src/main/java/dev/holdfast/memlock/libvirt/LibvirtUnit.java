package dev.holdfast.memlock.libvirt;

import java.math.BigInteger;
import java.util.Locale;
import java.util.Optional;

/** Units of sizes as libvirt reads them ({@code virScaleInteger}): k and KiB are 1024, KB is 1000. */
public final class LibvirtUnit {
    private static final String POWERS = "bkmgtpe";

    private LibvirtUnit() {}

    /** Returns the bytes of a unit, in upper or lower case; empty if libvirt does not support the unit. */
    public static Optional<BigInteger> bytes(String unit) {
        String lower = unit.toLowerCase(Locale.ROOT);
        if (lower.equals("b") || lower.equals("byte") || lower.equals("bytes")) {
            return Optional.of(BigInteger.ONE);
        }
        int power = lower.isEmpty() ? -1 : POWERS.indexOf(lower.charAt(0));
        String rest = lower.isEmpty() ? "" : lower.substring(1);
        return power > 0 && (rest.isEmpty() || rest.equals("ib") || rest.equals("b"))
                ? Optional.of(BigInteger.valueOf(rest.equals("b") ? 1000 : 1024).pow(power))
                : Optional.empty();
    }
}
