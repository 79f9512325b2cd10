package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes of files and packages: most files answer one question in one screen. */
class HouseTest {
    private static final String MAIN = "src/main/java";
    private static final String TESTS = "src/test/java";
    private static final String DEMO = "demo/java";

    private static final int MAX_LINES = 300;
    private static final int MAX_MEDIAN_LINES = 70;
    private static final int MAX_FILES_PER_PACKAGE = 30;

    @Test
    void noFileIsTooLong() {
        Map<String, Integer> tooLong = new TreeMap<>(lines(MAIN));
        tooLong.values().removeIf(count -> count <= MAX_LINES);

        assertThat(tooLong).as("files of more than %d lines", MAX_LINES).isEmpty();
    }

    @Test
    void mostFilesAreShort() {
        List<Integer> counts = lines(MAIN).values().stream().sorted().toList();

        assertThat(counts.get(counts.size() / 2)).as("lines of the median file").isLessThanOrEqualTo(MAX_MEDIAN_LINES);
    }

    @ParameterizedTest
    @ValueSource(strings = {MAIN, TESTS, DEMO})
    void noPackageHasTooManyFiles(String root) {
        Map<String, Long> crowded = lines(root).keySet().stream()
                .collect(
                        Collectors.groupingBy(file -> file.substring(0, file.lastIndexOf('/')), Collectors.counting()));
        crowded.values().removeIf(count -> count <= MAX_FILES_PER_PACKAGE);

        assertThat(crowded)
                .as("packages of more than %d files", MAX_FILES_PER_PACKAGE)
                .isEmpty();
    }

    /** Returns the number of lines of each source file. */
    private static Map<String, Integer> lines(String root) {
        try (Stream<Path> files = Files.walk(Path.of(root))) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .collect(Collectors.toMap(Path::toString, HouseTest::count));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int count(Path file) {
        try {
            return Files.readAllLines(file).size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
