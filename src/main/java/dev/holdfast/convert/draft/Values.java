package dev.holdfast.convert.draft;

import dev.holdfast.api.DnsNames;
import dev.holdfast.convert.tree.Part;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads values that the schema of a PassthroughVM accepts; reports all others. */
public final class Values {
    /** Name of a disk, an interface or a device. */
    public static final Pattern LABEL = Pattern.compile(DnsNames.LABEL);

    /** Name of an object. */
    public static final Pattern OBJECT = Pattern.compile(DnsNames.SUBDOMAIN);

    public static final Pattern SERIAL = Pattern.compile("[A-Za-z0-9_.-]{1,20}");
    public static final Pattern IMAGE = Pattern.compile("\\S{1,512}");
    public static final Pattern CPU_MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");
    public static final Pattern VENDOR_ID = Pattern.compile("[A-Za-z0-9_.-]{1,12}");
    public static final Pattern TIME_ZONE =
            Pattern.compile("(?=.{1,64}$)[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*){0,2}");
    public static final Pattern MAC = Pattern.compile("(?!00(:00){5})[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}");
    public static final Pattern PATH = Pattern.compile("(?=.{1,512}$)(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+");

    private final Notes notes;

    public Values(Notes notes) {
        this.notes = notes;
    }

    /** Returns a whole number within a range. */
    public Optional<Integer> number(Part part, int min, int max) {
        Optional<String> text = part.text();
        if (text.isEmpty()) {
            return Optional.empty();
        }
        String digits = text.get();
        if (digits.matches("[0-9]{1,9}") && Integer.parseInt(digits) >= min && Integer.parseInt(digits) <= max) {
            return Optional.of(Integer.parseInt(digits));
        }
        notes.notCarriedOver(
                part, "the value is %s, must be %d to %d; set it manually".formatted(Notes.quote(digits), min, max));
        return Optional.empty();
    }

    /** Returns a text that matches a pattern. */
    public Optional<String> text(Part part, Pattern form, String must) {
        Optional<String> text = part.text();
        if (text.isPresent() && !form.matcher(text.get()).matches()) {
            notes.notCarriedOver(
                    part, "the value is %s, must be %s; set it manually".formatted(Notes.quote(text.get()), must));
            return Optional.empty();
        }
        return text;
    }

    /** Returns the PassthroughVM's value for one of several values. */
    public Optional<String> choice(Part part, Map<String, String> words, String instead) {
        Optional<String> text = part.text();
        if (text.isPresent() && !words.containsKey(text.get())) {
            notes.notCarriedOver(part, "%s is not supported; %s".formatted(Notes.quote(text.get()), instead));
            return Optional.empty();
        }
        return text.map(words::get);
    }

    /** Returns a boolean, in the spellings of YAML 1.1, 1.2 and libvirt. */
    public Optional<Boolean> bool(Part part) {
        return part.text().map(text -> text.toLowerCase(Locale.ROOT)).flatMap(text -> switch (text) {
            case "true", "yes", "on" -> Optional.of(true);
            case "false", "no", "off" -> Optional.of(false);
            default -> {
                notes.notCarriedOver(
                        part, "the value is %s, must be true or false; set it manually".formatted(Notes.quote(text)));
                yield Optional.empty();
            }
        });
    }

    /** Returns a name derived from any text: lower-case letters, digits and inner dashes. */
    public static String name(String text, int max, String otherwise) {
        String plain = text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        String cut = plain.replaceFirst("^-+", "");
        return end(cut.length() > max ? cut.substring(0, max) : cut, otherwise);
    }

    private static String end(String name, String otherwise) {
        String trimmed = name.replaceFirst("-+$", "");
        return trimmed.isEmpty() ? otherwise : trimmed;
    }
}
