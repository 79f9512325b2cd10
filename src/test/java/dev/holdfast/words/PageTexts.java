package dev.holdfast.words;

import dev.holdfast.docs.Checkout;
import dev.holdfast.docs.MarkdownPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The prose of the pages that are written by hand, by lines: what is between fences or backquotes is code. */
final class PageTexts {
    private static final Pattern CODE = Pattern.compile("(?ms)^ *```.*?^ *```|`[^`]*`");

    /** Generated from the product's own texts, which have tests of their own, or the list of such words. */
    private static final Set<Path> OTHERS =
            Set.of(Path.of("docs/api.md"), Path.of("docs/commands.md"), Path.of("docs/glossary.md"));

    private PageTexts() {}

    static List<UserText> all() throws IOException {
        List<UserText> texts = new ArrayList<>();
        for (MarkdownPage page : Checkout.guides()) {
            if (!OTHERS.contains(page.file())) {
                collect(page.file(), texts);
            }
        }
        return texts;
    }

    private static void collect(Path page, List<UserText> texts) throws IOException {
        // Lines keep their numbers.
        List<String> lines = CODE.matcher(Files.readString(page))
                .replaceAll(code -> "\n"
                        .repeat(Math.toIntExact(
                                code.group().chars().filter(at -> at == '\n').count())))
                .lines()
                .toList();
        for (int at = 0; at < lines.size(); at++) {
            texts.add(new UserText("%s:%d".formatted(page, at + 1), lines.get(at), false));
        }
    }
}
