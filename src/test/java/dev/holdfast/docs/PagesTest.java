package dev.holdfast.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tests that the map lists all pages, and that the walks of the architecture name existing classes. */
class PagesTest {
    private static final Path DOCS = Path.of("docs");
    private static final Path DECISIONS = DOCS.resolve("decisions");
    private static final Pattern ROW = Pattern.compile(
            "(?m)^\\| (\\d+) \\| \\[(.+)]\\((\\d{4}-[\\w-]+\\.md)\\) \\| .+ \\| \\d{4}-\\d\\d-\\d\\d \\|$");
    private static final Pattern CLASS = Pattern.compile("`([A-Z]\\w+)`");

    @Test
    void theMapNamesEveryPage() throws IOException {
        assertThat(linked(DOCS.resolve("README.md"))).containsAll(markdown(DOCS));
    }

    @Test
    void theIndexHasEveryDecisionWithItsTitle() throws IOException {
        List<String> rows = ROW.matcher(Files.readString(DECISIONS.resolve("README.md")))
                .results()
                .map(row -> "%s # %s. %s".formatted(row.group(3), row.group(1), row.group(2)))
                .toList();
        List<String> files = markdown(DECISIONS).stream()
                .map(name -> name + " " + firstLine(DECISIONS.resolve(name)))
                .toList();

        assertThat(rows).isEqualTo(files);
    }

    @Test
    void theWalksNameClassesThatExist() throws IOException {
        Set<String> classes = Checkout.files(Path.of("src/main/java"), name -> name.endsWith(".java")).stream()
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toSet());
        List<String> named = Files.readString(DOCS.resolve("architecture.md"))
                .lines()
                .filter(line -> line.matches("\\| \\d+ \\|.*"))
                .map(line -> line.substring(line.lastIndexOf('|', line.length() - 2)))
                .flatMap(cell -> CLASS.matcher(cell).results())
                .map(found -> found.group(1))
                .toList();

        assertThat(named)
                .hasSizeGreaterThan(30)
                .allSatisfy(name -> assertThat(classes).contains(name));
    }

    private static Set<String> linked(Path page) throws IOException {
        return MarkdownPage.read(page).links().stream()
                .map(MarkdownPage.Link::target)
                .collect(Collectors.toSet());
    }

    /** Files of a folder, but for the one that lists them. */
    private static List<String> markdown(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".md") && !name.equals("README.md"))
                    .sorted()
                    .toList();
        }
    }

    private static String firstLine(Path file) {
        try (var lines = Files.lines(file)) {
            return lines.findFirst().orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
