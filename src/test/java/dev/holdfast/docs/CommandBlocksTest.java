package dev.holdfast.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.docs.MarkdownPage.Block;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each block of commands has a comment before it with the test or lane that runs it, or the reason why none does:
 *
 * <pre>{@code
 * <!-- run: SomeIT, make demo, src/some/script; a remark -->
 * <!-- not run: the reason -->
 * <!-- run, whole page: SomeTest -->
 * }</pre>
 */
class CommandBlocksTest {
    private static final List<String> SHELLS = List.of("sh", "console");
    private static final List<String> OTHERS = List.of("yaml", "text", "json", "xml");
    private static final Pattern RUN = Pattern.compile("<!-- run: ([^;]+)(; .+)? -->");
    private static final Pattern WHOLE_PAGE = Pattern.compile("<!-- run, whole page: (.+) -->");
    private static final Pattern NOT_RUN = Pattern.compile("<!-- not run: (.{8,}) -->");
    private static final Pattern COMMAND =
            Pattern.compile("^(\\$ .*|(kubectl|helm|make|holdfast|mvn|skopeo|kustomize|docker|podman|git) +[-a-z].*)$");
    private static final Pattern MAKE = Pattern.compile("(?:^|[\\s(;&])make ([a-z][a-z-]*)");
    private static final Pattern OWN_FILE =
            Pattern.compile("(?:^|[\\s(])((?:src|examples|deploy|overlays|crds)/[\\w./-]+|\\.ci/\\w+)");

    static List<MarkdownPage> pages() throws IOException {
        return Checkout.guides();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyBlockOfCommandsIsMarked(MarkdownPage page) throws IOException {
        Optional<String> whole = wholePage(page);
        List<String> faults = new ArrayList<>();
        for (Block block : page.blocks()) {
            if (SHELLS.contains(block.language())) {
                whole.or(() -> mark(block))
                        .map(CommandBlocksTest::unknown)
                        .orElse(Optional.of("needs a comment before it: <!-- run: TEST --> or <!-- not run: WHY -->"))
                        .ifPresent(fault -> faults.add(at(page, block) + fault));
            } else if (!OTHERS.contains(block.language())) {
                faults.add(at(page, block)
                        + "language \"%s\" must be one of %s, %s".formatted(block.language(), SHELLS, OTHERS));
            } else if (!block.language().equals("yaml")) {
                block.lines().stream()
                        .filter(line -> COMMAND.matcher(line).matches())
                        .forEach(line -> faults.add(
                                at(page, block) + "a command in a block of " + block.language() + ": " + line));
            }
        }

        assertThat(faults).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void whatCommandsNameExists(MarkdownPage page) throws IOException {
        Set<String> targets = makeTargets();
        List<String> faults = new ArrayList<>();
        for (Block block : page.blocks()) {
            if (!SHELLS.contains(block.language())) {
                continue;
            }
            for (String command : commands(block)) {
                MAKE.matcher(command)
                        .results()
                        .map(found -> found.group(1))
                        .filter(target -> !targets.contains(target))
                        .forEach(target -> faults.add(at(page, block) + "no target " + target + " in the Makefile"));
                OWN_FILE.matcher(command)
                        .results()
                        .map(found -> found.group(1))
                        .filter(file -> !Files.exists(Path.of(file)))
                        .forEach(file -> faults.add(at(page, block) + "no file " + file));
            }
        }

        assertThat(faults).isEmpty();
    }

    /** Commands in running text, such as {@code make demo}. */
    @Test
    void everyTargetThatIsMentionedExists() throws IOException {
        Set<String> targets = makeTargets();
        Set<String> unknown = new TreeSet<>();
        for (MarkdownPage page : Checkout.pages()) {
            Matcher mention = Pattern.compile("`make ([a-z][a-z-]*)").matcher(Files.readString(page.file()));
            while (mention.find()) {
                if (!targets.contains(mention.group(1))) {
                    unknown.add(page.file() + ": make " + mention.group(1));
                }
            }
        }

        assertThat(unknown).isEmpty();
    }

    /** Lines without remarks, and of a session without what commands printed. */
    private static List<String> commands(Block block) {
        return block.lines().stream()
                .filter(line -> !block.language().equals("console") || line.startsWith("$ "))
                .map(line -> line.replaceAll("(^|\\s)#.*", ""))
                .toList();
    }

    private static Optional<String> wholePage(MarkdownPage page) throws IOException {
        return WHOLE_PAGE
                .matcher(Files.readString(page.file()))
                .results()
                .map(found -> found.group(1))
                .findFirst();
    }

    /** Returns what runs the block: names with commas between them, empty for a block that is not run. */
    private static Optional<String> mark(Block block) {
        Matcher run = RUN.matcher(block.before());
        if (run.matches()) {
            return Optional.of(run.group(1));
        }
        return NOT_RUN.matcher(block.before()).matches() ? Optional.of("") : Optional.empty();
    }

    private static Optional<String> unknown(String names) {
        String unknown = Stream.of(names.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty() && !runs(name))
                .collect(Collectors.joining(", "));
        return unknown.isEmpty()
                ? Optional.empty()
                : Optional.of("marked as run by %s, which is no test class, make target or script".formatted(unknown));
    }

    private static boolean runs(String name) {
        try {
            if (name.startsWith("make ")) {
                return makeTargets().contains(name.substring("make ".length()));
            }
            return name.contains("/")
                    ? Files.isExecutable(Path.of(name))
                    : name.matches("\\w+(Test|IT)") && testClasses().contains(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> testClasses() throws IOException {
        return Checkout.files(Path.of("src/test/java"), name -> name.endsWith(".java")).stream()
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toSet());
    }

    private static Set<String> makeTargets() throws IOException {
        return Pattern.compile("(?m)^([a-z][a-z-]*):")
                .matcher(Files.readString(Path.of("Makefile")))
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toSet());
    }

    private static String at(MarkdownPage page, Block block) {
        return "%s:%d: ".formatted(page.file(), block.line());
    }
}
