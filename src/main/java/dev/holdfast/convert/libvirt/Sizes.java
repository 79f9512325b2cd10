package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.NotConvertibleException;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import dev.holdfast.memlock.libvirt.LibvirtUnit;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Optional;

/** Reader of sizes as in libvirt, where the default unit is KiB. */
final class Sizes {
    private static final BigInteger MAX = BigInteger.valueOf(64L << 40);

    private Sizes() {}

    /**
     * Returns a size in bytes, rounded up to whole KiB.
     *
     * @param number element or attribute with the number
     * @param unit   unit, which can be absent
     */
    static long bytes(Part number, Part unit) throws NotConvertibleException {
        String text = number.text().orElse("");
        String scale = unit.text().orElse("KiB").toLowerCase(Locale.ROOT);
        Optional<BigInteger> factor = LibvirtUnit.bytes(scale);
        if (!text.matches("[0-9]{1,20}") || factor.isEmpty()) {
            throw new NotConvertibleException("%s is %s %s, must be a size such as 4194304 KiB; correct it"
                    .formatted(number.path(), Notes.quote(text), Notes.quote(scale)));
        }
        BigInteger bytes = new BigInteger(text).multiply(factor.get());
        if (bytes.compareTo(MAX) > 0) {
            throw new NotConvertibleException(
                    "%s is %s %s, must be at most 64 TiB; correct it".formatted(number.path(), text, scale));
        }
        return bytes.add(BigInteger.valueOf(1023)).shiftRight(10).shiftLeft(10).longValueExact();
    }
}
