package dev.holdfast.realnode;

import dev.holdfast.testbed.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The commands of a section of {@code docs/}, for tests that follow it to the letter. */
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
        try (Stream<Path> pages = Files.walk(Path.of("docs"))) {
            return pages.filter(page -> page.toString().endsWith(".md"))
                    .map(page -> block(Folders.read(page), heading))
                    .flatMap(Optional::stream)
                    .findFirst()
                    .map(GuideCommands::split)
                    .orElseThrow(() -> new IllegalStateException(
                            "no page of docs/ has a block of commands under the heading '" + heading + "'"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<String> block(String page, String heading) {
        Matcher section = Pattern.compile(
                        "^#+ " + Pattern.quote(heading) + "\\n(?:(?!#+ |```).*\\n)*```\\w*\\n((?:(?!```).*\\n)+)```$",
                        Pattern.MULTILINE)
                .matcher(page);
        return section.find() ? Optional.of(section.group(1)) : Optional.empty();
    }

    private static List<String> split(String block) {
        List<String> commands = new ArrayList<>();
        List<String> open = new ArrayList<>();
        String end = "";
        for (String line : block.split("\n")) {
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
