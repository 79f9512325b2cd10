package dev.holdfast.realnode;

import dev.holdfast.docs.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The commands of a section of the pages, for tests that follow it to the letter. */
final class GuideCommands {
    private static final Pattern HERE_DOCUMENT = Pattern.compile("<<'(\\w+)'");

    private GuideCommands() {}

    /**
     * Returns the commands of the section's first block, in their order. A here-document is part of its command, and a comment
     * behind a command too; a line that is nothing but a comment is left out.
     *
     * @param heading of the section, in whatever page
     * @throws IllegalStateException when no page has that section
     */
    static List<String> under(String heading) {
        try {
            return Checkout.guides().stream()
                    .flatMap(page -> page.blocks().stream())
                    .filter(block -> block.heading().equals(heading))
                    .findFirst()
                    .map(block -> split(block.lines()))
                    .orElseThrow(() -> new IllegalStateException(
                            "no page has a block of commands under the heading '" + heading + "'"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> split(List<String> lines) {
        List<String> commands = new ArrayList<>();
        List<String> open = new ArrayList<>();
        String end = "";
        for (String line : lines) {
            if (open.isEmpty() && line.strip().startsWith("#")) {
                continue;
            }
            open.add(line);
            Matcher document = HERE_DOCUMENT.matcher(line);
            if (end.isEmpty() && document.find()) {
                end = document.group(1);
            }
            if (end.isEmpty() || line.equals(end)) {
                commands.add(String.join("\n", open));
                open.clear();
                end = "";
            }
        }
        return commands;
    }
}
