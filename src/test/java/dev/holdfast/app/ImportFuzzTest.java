package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.CaseCount;
import dev.holdfast.Slow;
import dev.holdfast.testbed.fixtures.cases.ImportCase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged inputs, the same each time: the exit status is 0 or 2, and no message is from a Java exception. */
@Slow
class ImportFuzzTest {
    private static final int ROUNDS = CaseCount.of(15, 50);
    private static final List<String> STRANGE = List.of(
            "null",
            "-1",
            "0",
            "{}",
            "[]",
            "99999999999999999999",
            "1e999",
            "&a",
            "*a",
            "''",
            "\"",
            "\u0000",
            "\ufffe",
            "<a/>",
            "</domain>",
            "<!DOCTYPE a>",
            "&lots;",
            "!!made.up.Tag [x]",
            "? [a]",
            "- -",
            ": ",
            "#",
            "%",
            "true",
            "0x7fffffff",
            "Infinity",
            "\ud83d",
            "é".repeat(300),
            "x".repeat(5000),
            "\t",
            "0.5Ki",
            "2000Pi");

    @TempDir
    private Path folder = Path.of("");

    static List<ImportCase> cases() throws IOException {
        return ImportCase.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void refusesOrImportsDamagedInput(ImportCase input) throws IOException {
        Random random = new Random(input.toString().hashCode());
        String text = Files.readString(input.input());
        for (int round = 0; round < ROUNDS; round++) {
            byte[] damaged = damaged(text, random);
            Path file = Files.write(folder.resolve("input"), damaged);

            ImportCase.Result result = ImportCase.run("-f", file.toString());

            String shown = new String(damaged, StandardCharsets.UTF_8);
            assertThat(result.status()).as(shown).isIn(0, 2);
            assertThat(result.err())
                    .as(shown)
                    .doesNotContainPattern("java[x.]|dev\\.holdfast\\.|Exception|@[0-9a-f]{6}");
            assertThat(result.err()).as(shown).doesNotContainPattern("[\\x00-\\x09\\x0b-\\x1f]");
            if (result.status() == 2) {
                assertThat(result.out()).as(shown).isEmpty();
                assertThat(result.err()).as(shown).startsWith("holdfast import: ");
            } else {
                assertThat(result.out())
                        .as(shown)
                        .startsWith("apiVersion: holdfast.dev/v1alpha1\nkind: PassthroughVM\n");
            }
        }
    }

    private static byte[] damaged(String text, Random random) {
        StringBuilder changed = new StringBuilder(text);
        for (int i = 0; i <= random.nextInt(3); i++) {
            damage(changed, random);
        }
        byte[] bytes = changed.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length > 0 && random.nextInt(10) == 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private static void damage(StringBuilder text, Random random) {
        if (text.isEmpty()) {
            return;
        }
        switch (random.nextInt(6)) {
            case 0 -> text.setLength(random.nextInt(text.length()));
            case 1 -> text.insert(random.nextInt(text.length()), STRANGE.get(random.nextInt(STRANGE.size())));
            case 2, 3 -> replaceWord(text, random);
            case 4 -> {
                List<String> lines =
                        new ArrayList<>(Arrays.asList(text.toString().split("\n", -1)));
                String line = lines.remove(random.nextInt(lines.size()));
                if (random.nextBoolean()) {
                    lines.add(random.nextInt(lines.size() + 1), line);
                }
                text.setLength(0);
                text.append(String.join("\n", lines));
            }
            default -> {
                int start = random.nextInt(text.length());
                text.delete(start, Math.min(text.length(), start + 1 + random.nextInt(40)));
            }
        }
    }

    /** Replaces a value by an invalid one. */
    private static void replaceWord(StringBuilder text, Random random) {
        int start = random.nextInt(text.length());
        while (start < text.length() && !Character.isLetterOrDigit(text.charAt(start))) {
            start++;
        }
        int end = start;
        while (end < text.length() && Character.isLetterOrDigit(text.charAt(end))) {
            end++;
        }
        text.replace(start, end, STRANGE.get(random.nextInt(STRANGE.size())));
    }
}
