package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Refusal;
import dev.holdfast.convert.tree.Part;
import java.math.BigInteger;
import java.util.Locale;

/** Sizes as libvirt reads them ({@code virScaleInteger}): k and KiB are 1024, KB is 1000, no unit is KiB. */
final class Sizes {
    private static final String POWERS = "bkmgtpe";
    private static final BigInteger MOST = BigInteger.valueOf(64L << 40);

    private Sizes() {}

    /**
     * Bytes, rounded up to whole KiB.
     *
     * @param number the element or attribute with the number
     * @param unit   its unit, which may be absent
     */
    static long bytes(Part number, Part unit) throws Refusal {
        String text = number.text().orElse("");
        String scale = unit.text().orElse("KiB").toLowerCase(Locale.ROOT);
        int power = scale.isEmpty() ? -1 : POWERS.indexOf(scale.charAt(0));
        String rest = scale.isEmpty() ? "" : scale.substring(1);
        boolean known = power == 0
                ? rest.isEmpty() || rest.equals("yte") || rest.equals("ytes")
                : power > 0 && (rest.isEmpty() || rest.equals("ib") || rest.equals("b"));
        if (!text.matches("[0-9]{1,20}") || !known) {
            throw new Refusal("%s is %s %s, but must be a size such as 4194304 KiB; correct it"
                    .formatted(number.path(), Notes.quote(text), Notes.quote(scale)));
        }
        BigInteger bytes = new BigInteger(text)
                .multiply(BigInteger.valueOf(rest.equals("b") ? 1000 : 1024).pow(power));
        if (bytes.compareTo(MOST) > 0) {
            throw new Refusal(
                    "%s is %s %s, but must be at most 64 TiB; correct it".formatted(number.path(), text, scale));
        }
        return bytes.add(BigInteger.valueOf(1023)).shiftRight(10).shiftLeft(10).longValueExact();
    }
}
