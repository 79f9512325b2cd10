package dev.holdfast.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Plain words in what is written by hand; docs/glossary.md has those that are used instead. */
class WordsTest {
    private static final Pattern CODE = Pattern.compile("(?ms)^ *```.*?^ *```|`[^`]*`");
    private static final Pattern ODD = Pattern.compile(
            "(?i)\\b((?:is|are|was|were|be) told|whoever|nobody (?:knows|tells)|sentences?|lets? go|stands? by|in vain"
                    + "|at the most|has a say|comes? to nothing|knocks?|strangers?|all the same|shall|does not answer to)\\b");

    /** Made from the product's own texts, or the list of such words. */
    private static final Set<Path> OTHERS =
            Set.of(Path.of("docs/api.md"), Path.of("docs/commands.md"), Path.of("docs/glossary.md"));

    @Test
    void everyPageUsesPlainWords() throws IOException {
        List<String> odd = new ArrayList<>();
        for (MarkdownPage page : Checkout.guides()) {
            if (OTHERS.contains(page.file())) {
                continue;
            }
            // Lines stay where they are.
            String prose = CODE.matcher(Files.readString(page.file()))
                    .replaceAll(code -> "\n".repeat((int)
                            code.group().chars().filter(at -> at == '\n').count()));
            List<String> lines = prose.lines().toList();
            for (int at = 0; at < lines.size(); at++) {
                String line = "%s:%d: ".formatted(page.file(), at + 1);
                ODD.matcher(lines.get(at)).results().forEach(found -> odd.add(line + found.group()));
            }
        }

        assertThat(odd).isEmpty();
    }
}
