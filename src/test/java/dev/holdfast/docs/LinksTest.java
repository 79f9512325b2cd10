package dev.holdfast.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.docs.MarkdownPage.Link;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each relative link leads to a file of the checkout, and each anchor to a heading. */
class LinksTest {
    private static final Pattern ELSEWHERE = Pattern.compile("^[a-z]+:.*");
    private static final Pattern MENTION = Pattern.compile("\\bdocs/((?:decisions/)?[\\w-]+\\.md)(#[\\w-]+)?");
    private static final Pattern DECISION = Pattern.compile("\\bdocs/decisions/(\\d{4})\\b");

    static List<MarkdownPage> pages() throws IOException {
        return Checkout.pages();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyLinkLeadsSomewhere(MarkdownPage page) throws IOException {
        List<String> broken = new ArrayList<>();
        for (Link link : page.links()) {
            if (!ELSEWHERE.matcher(link.target()).matches()) {
                fault(page, link.target())
                        .ifPresent(fault ->
                                broken.add("%s:%d: %s: %s".formatted(page.file(), link.line(), link.target(), fault)));
            }
        }

        assertThat(broken).isEmpty();
    }

    /** Tests the references to the documentation in messages, comments, manifests and scripts. */
    @Test
    void everyPageThatIsMentionedExists() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path file :
                Checkout.files(Path.of(""), name -> name.matches(".*\\.(java|yaml|yml|tpl|txt|c|sh)|[A-Za-z-]+"))) {
            if (!Files.isReadable(file) || Files.size(file) > 1_000_000) {
                continue;
            }
            String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            MENTION.matcher(text).results().forEach(found -> {
                if (!Files.exists(Path.of("docs", found.group(1)))) {
                    broken.add(file + ": " + found.group());
                }
            });
            DECISION.matcher(text).results().forEach(found -> {
                if (!isDecision(found.group(1))) {
                    broken.add(file + ": " + found.group());
                }
            });
        }

        assertThat(broken).isEmpty();
    }

    private static boolean isDecision(String number) {
        try (var files = Files.list(Path.of("docs/decisions"))) {
            return files.anyMatch(file -> file.getFileName().toString().startsWith(number + "-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<String> fault(MarkdownPage page, String target) throws IOException {
        int hash = target.indexOf('#');
        String path = hash < 0 ? target : target.substring(0, hash);
        Path folder = Optional.ofNullable(page.file().getParent()).orElse(Path.of(""));
        Path file = path.isEmpty() ? page.file() : folder.resolve(path).normalize();
        if (file.startsWith("..") || !Files.exists(file)) {
            return Optional.of("not found");
        }
        if (hash < 0) {
            return Optional.empty();
        }
        if (!file.toString().endsWith(".md")) {
            return Optional.of("an anchor in a file without headings");
        }
        return MarkdownPage.read(file).anchors().contains(target.substring(hash + 1))
                ? Optional.empty()
                : Optional.of("no such heading");
    }
}
