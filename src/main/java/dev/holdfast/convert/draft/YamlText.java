package dev.holdfast.convert.draft;

import dev.holdfast.text.Quoted;
import java.util.Collection;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Writer of maps, lists and scalars as YAML in block style, with comments after values. */
final class YamlText {
    private static final Pattern PLAIN =
            Pattern.compile("[A-Za-z/][A-Za-z0-9_./@+-]*(:[A-Za-z0-9_./@+-]+)*|[0-9]+[KMGT]i");
    private static final Pattern BLOCK =
            Pattern.compile("[\\x20-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\n]*");
    /** Plain words that YAML 1.1 or 1.2 does not read as text. */
    private static final Set<String> WORDS = Set.of("true", "false", "null", "yes", "no", "on", "off", "y", "n");

    private final StringBuilder out = new StringBuilder();

    private YamlText() {}

    static String of(Map<?, ?> document) {
        YamlText text = new YamlText();
        text.map(document, "");
        return text.out.toString();
    }

    private void map(Map<?, ?> map, String indent) {
        Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<?, ?> entry = entries.next();
            out.append(quoted(String.valueOf(entry.getKey()))).append(':');
            value(entry.getValue(), indent);
            if (entries.hasNext()) {
                out.append(indent);
            }
        }
    }

    private void value(Object value, String indent) {
        if (value instanceof Map<?, ?> map && !map.isEmpty()) {
            out.append('\n').append(indent).append("  ");
            map(map, indent + "  ");
        } else if (value instanceof Collection<?> list && !list.isEmpty()) {
            out.append('\n');
            list.forEach(item -> item(item, indent + "  "));
        } else {
            out.append(' ').append(scalar(value, indent)).append('\n');
        }
    }

    private void item(Object item, String indent) {
        out.append(indent).append('-');
        if (item instanceof Map<?, ?> map && !map.isEmpty()) {
            out.append(' ');
            map(map, indent + "  ");
        } else if (item instanceof Collection<?> list && !list.isEmpty()) {
            out.append('\n');
            list.forEach(inner -> item(inner, indent + "  "));
        } else {
            out.append(' ').append(scalar(item, indent)).append('\n');
        }
    }

    private static String scalar(Object value, String indent) {
        return switch (value) {
            case Draft.Commented commented ->
                scalar(commented.value(), indent) + " # " + Quoted.line(commented.comment());
            case Map<?, ?> map -> "{}";
            case Collection<?> list -> "[]";
            case String text -> isBlock(text) ? block(text, indent + "  ") : quoted(text);
            default -> value.toString();
        };
    }

    private static boolean isBlock(String text) {
        return text.indexOf('\n') > 0
                && BLOCK.matcher(text).matches()
                && !Character.isWhitespace(text.charAt(0))
                && !text.endsWith("\n\n");
    }

    private static String block(String text, String indent) {
        StringBuilder block = new StringBuilder(text.endsWith("\n") ? "|" : "|-");
        for (String line : text.stripTrailing().equals(text)
                ? text.split("\n", -1)
                : cut(text).split("\n", -1)) {
            block.append('\n').append(line.isEmpty() ? "" : indent + line);
        }
        return block.toString();
    }

    /** Returns the text without its final line break. */
    private static String cut(String text) {
        return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    private static String quoted(String text) {
        if (PLAIN.matcher(text).matches() && !WORDS.contains(text.toLowerCase(Locale.ROOT))) {
            return text;
        }
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(letter -> quoted.append(escaped(letter)));
        return quoted.append('"').toString();
    }

    private static String escaped(int letter) {
        return switch (letter) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\t' -> "\\t";
            default -> {
                if (letter >= ' ' && letter <= '~') {
                    yield Character.toString(letter);
                }
                // An unpaired surrogate is not a character.
                boolean half = letter >= Character.MIN_SURROGATE && letter <= Character.MAX_SURROGATE;
                yield half ? "?" : letter > 0xffff ? "\\U%08x".formatted(letter) : "\\u%04x".formatted(letter);
            }
        };
    }
}
