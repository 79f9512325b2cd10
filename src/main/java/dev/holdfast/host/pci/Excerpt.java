package dev.holdfast.host.pci;

/** Words that were found where others belong, fit to be quoted: short, in one line, printable. */
public final class Excerpt {
    private static final int MOST = 40;

    private Excerpt() {}

    public static String of(String found) {
        StringBuilder excerpt = new StringBuilder();
        found.chars().limit(MOST).map(c -> c < ' ' || c >= 0x7f ? '?' : c).forEach(c -> excerpt.append((char) c));
        return found.length() > MOST ? excerpt.append("...").toString() : excerpt.toString();
    }
}
