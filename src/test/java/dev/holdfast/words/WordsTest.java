package dev.holdfast.words;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that texts that a user can meet are plain English: no word of the list, and messages of one grammar. */
class WordsTest {
    /** A capital letter begins a message only in an identifier or a name, which has another or is in this list. */
    private static final Pattern CAPITAL = Pattern.compile(
            "^(?!Linux|Kubernetes|Libvirt|Secrets?\\b|Lease\\b|Nodes?\\b|Pods?\\b|Services?\\b)[A-Z][a-z]+\\b");

    @Test
    void descriptionsAndRulesOfTheCrdsHoldToTheWordList() throws IOException {
        assertThat(faults(CrdTexts.all())).isEmpty();
    }

    @Test
    void theHelpOfCommandsHoldsToTheWordList() throws IOException {
        String help = Files.readString(Path.of("docs", "commands.md")).replaceAll("\\s+", " ");

        assertThat(faults(Stream.of(help.split("(?<=\\.) ", -1))
                        .map(text -> new UserText("docs/commands.md", text, false))
                        .toList()))
                .isEmpty();
    }

    /** Messages, help of metrics, and everything else that is prose. */
    @Test
    void textsOfTheMainSourcesHoldToTheWordList() throws IOException {
        assertThat(faults(SourceTexts.all())).isEmpty();
    }

    @Test
    void thePagesHoldToTheWordList() throws IOException {
        assertThat(faults(PageTexts.all())).isEmpty();
    }

    @Test
    void theMessagesOfScriptsHoldToTheWordList() throws IOException {
        assertThat(faults(ScriptTexts.all())).isEmpty();
    }

    @Test
    void messagesAreFragmentsInLowerCaseWithoutAFullStop() throws IOException {
        List<UserText> messages = Stream.of(CrdTexts.all(), SourceTexts.all(), ScriptTexts.all())
                .flatMap(List::stream)
                .filter(UserText::fragment)
                .toList();

        assertThat(messages).hasSizeGreaterThan(200);
        assertThat(messages)
                .filteredOn(message ->
                        CAPITAL.matcher(message.text()).find() || message.text().matches("(?s).*[^.]\\."))
                .isEmpty();
    }

    @Test
    void descriptionsOfTheCrdsEndWithAFullStop() throws IOException {
        assertThat(CrdTexts.all())
                .filteredOn(text -> !text.fragment() && !text.text().endsWith("."))
                .isEmpty();
    }

    private static List<String> faults(List<UserText> texts) throws IOException {
        WordList words = WordList.read();
        assertThat(texts).hasSizeGreaterThan(50);
        return texts.stream().flatMap(words::faults).distinct().toList();
    }
}
