package dev.holdfast.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Markdown file as far as the tests of the documentation need it.
 *
 * @param anchors of its headings, as GitHub makes them
 * @param links   targets of links and images, outside of code
 * @param blocks  fenced blocks
 */
public record MarkdownPage(Path file, Set<String> anchors, List<Link> links, List<Block> blocks) {
    private static final Pattern FENCE = Pattern.compile("^ *```(.*)$");
    private static final Pattern HEADING = Pattern.compile("^#{1,6} +(.*?)#*$");
    private static final Pattern INLINE_CODE = Pattern.compile("`[^`]*`");
    private static final Pattern LINK = Pattern.compile("\\]\\(\\s*([^)\\s]+)[^)]*\\)");
    private static final Pattern DEFINITION = Pattern.compile("^\\[[^\\]]+\\]: +(\\S+)");

    /** A link, and the line that it is on. */
    public record Link(int line, String target) {}

    /**
     * A fenced block.
     *
     * @param line     of its first fence
     * @param heading  that it is under; empty for none
     * @param language after the fence; empty for none
     * @param before   the last line before it that is not blank; empty for none
     */
    public record Block(int line, String heading, String language, String before, List<String> lines) {
        public String text() {
            return String.join("\n", lines);
        }
    }

    public static MarkdownPage read(Path file) throws IOException {
        Set<String> anchors = new LinkedHashSet<>();
        Map<String, Integer> repeated = new HashMap<>();
        List<Link> links = new ArrayList<>();
        List<Block> blocks = new ArrayList<>();
        List<String> lines = Files.readAllLines(file);
        String before = "";
        String under = "";
        for (int at = 0; at < lines.size(); at++) {
            String line = lines.get(at);
            Matcher fence = FENCE.matcher(line);
            if (fence.matches()) {
                Block block = block(lines, at, under, fence.group(1).strip(), before);
                blocks.add(block);
                at += block.lines().size() + 1;
                before = "";
                continue;
            }
            Matcher heading = HEADING.matcher(line);
            if (heading.matches()) {
                String anchor = anchor(heading.group(1));
                int times = repeated.merge(anchor, 1, Integer::sum);
                under = heading.group(1).strip();
                anchors.add(times == 1 ? anchor : anchor + "-" + (times - 1));
            }
            links(at + 1, line, links);
            before = line.isBlank() ? before : line.strip();
        }
        return new MarkdownPage(file, anchors, links, blocks);
    }

    @Override
    public String toString() {
        return file.toString();
    }

    private static Block block(List<String> lines, int at, String heading, String language, String before) {
        String indent = " ".repeat(lines.get(at).indexOf('`'));
        List<String> body = new ArrayList<>();
        for (int in = at + 1; in < lines.size() && !FENCE.matcher(lines.get(in)).matches(); in++) {
            body.add(lines.get(in).startsWith(indent) ? lines.get(in).substring(indent.length()) : lines.get(in));
        }
        return new Block(at + 1, heading, language, before, body);
    }

    private static void links(int number, String line, List<Link> links) {
        String text = INLINE_CODE.matcher(line).replaceAll("``");
        LINK.matcher(text).results().forEach(link -> links.add(new Link(number, link.group(1))));
        DEFINITION.matcher(text).results().forEach(link -> links.add(new Link(number, link.group(1))));
    }

    private static String anchor(String heading) {
        return heading.replaceAll("\\[([^\\]]*)\\]\\([^)]*\\)", "$1")
                .strip()
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-');
    }
}
