package dev.holdfast.convert;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.convert.Conversion.Imported;
import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Note;
import dev.holdfast.convert.tree.Part;
import dev.holdfast.convert.tree.XmlTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Tests that an unknown field, inserted into each object of each input in turn, is reported, is inside a reported part,
 * or is carried over.
 */
class NothingIsLostTest {
    private static final String UNKNOWN = "unknownField";
    private static final Path INPUTS = Path.of("src/test/resources/import");
    private static final Pattern START_TAG = Pattern.compile("<[A-Za-z][A-Za-z0-9_:-]*");

    static List<Path> domains() throws IOException {
        return inputs("domain.xml");
    }

    static List<Path> objects() throws IOException {
        // A path does not contain the number of its document, so files with several documents are excluded.
        return Stream.concat(inputs("vm.yaml").stream(), inputs("vm.json").stream())
                .filter(file -> !file.toString().contains("kubevirt-instance-type"))
                .toList();
    }

    private static List<Path> inputs(String name) throws IOException {
        try (Stream<Path> folders = Files.list(INPUTS)) {
            return folders.filter(folder -> !folder.getFileName().toString().startsWith("refused-"))
                    .map(folder -> folder.resolve(name))
                    .filter(Files::exists)
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("domains")
    void reportsAnUnknownAttribute(Path file) throws IOException {
        String xml = Files.readString(file);
        Matcher tag = START_TAG.matcher(xml);
        int tried = 0;
        while (tag.find()) {
            String changed = xml.substring(0, tag.end()) + " " + UNKNOWN + "='1'" + xml.substring(tag.end());
            byte[] bytes = changed.getBytes(StandardCharsets.UTF_8);
            String path = find(XmlTree.read(bytes)).orElseThrow().path();

            assertFound(bytes, path);
            tried++;
        }
        assertThat(tried).isGreaterThan(10);
    }

    @ParameterizedTest
    @MethodSource("objects")
    void reportsAnUnknownField(Path file) throws IOException {
        String text = Files.readString(file).replace('\t', ' ');
        List<Object> documents = new ArrayList<>();
        new Load(LoadSettings.builder().build()).loadAllFromString(text).forEach(documents::add);
        int tried = 0;
        for (int place = 0; ; place++) {
            List<String> where = new ArrayList<>();
            int[] left = {place};
            List<Object> changed = new ArrayList<>();
            for (Object document : documents) {
                changed.add(withUnknownField(document, "", left, where));
            }
            if (where.isEmpty()) {
                break;
            }
            ObjectMapper json = new ObjectMapper();
            StringBuilder all = new StringBuilder();
            for (Object document : changed) {
                all.append("---\n").append(json.writeValueAsString(document)).append('\n');
            }
            assertFound(all.toString().getBytes(StandardCharsets.UTF_8), where.getFirst());
            tried++;
        }
        assertThat(tried).isGreaterThan(5);
    }

    private static void assertFound(byte[] input, String path) {
        Conversion conversion = Conversion.of(input, new DeviceClasses(List.of()));
        assertThat(conversion).as(path).isInstanceOf(Imported.class);
        Imported imported = (Imported) conversion;

        boolean reported = imported.notes().stream().anyMatch(note -> covers(note, path));
        boolean carried = imported.documents().stream().anyMatch(document -> document.contains(UNKNOWN));
        // An object that is not imported is reported without a path.
        boolean elsewhere = path.startsWith("items[")
                && imported.notes().stream().noneMatch(note -> note.path().startsWith(path.replaceFirst("\\].*", "]")));
        assertThat(reported || carried || elsewhere)
                .as("%s in %s", path, imported.notes())
                .isTrue();
    }

    /**
     * Returns whether the note is about the part or about one that contains it; {@code [1,3]} is the first and the
     * third.
     */
    private static boolean covers(Note note, String path) {
        if (note.path().isEmpty()) {
            return false;
        }
        StringBuilder pattern = new StringBuilder();
        for (String piece : note.path().split("(?=\\[[0-9,]+\\])|(?<=[0-9]\\])|(?=\\*)|(?<=\\*)", -1)) {
            if (piece.matches("\\[[0-9,]+\\]")) {
                pattern.append("\\[(?:").append(piece, 1, piece.length() - 1).append(")\\]");
                int start = pattern.lastIndexOf("(?:");
                pattern.replace(
                        start, pattern.length(), pattern.substring(start).replace(",", "|"));
            } else {
                pattern.append(piece.equals("*") ? "[^/]*" : Pattern.quote(piece));
            }
        }
        return Pattern.matches(pattern + "([/.@\\[].*)?", path);
    }

    private static Optional<Part> find(Part part) {
        return part.name().equals(UNKNOWN)
                ? Optional.of(part)
                : part.inside().flatMap(inner -> find(inner).stream()).findFirst();
    }

    private static Object withUnknownField(Object value, String path, int[] left, List<String> where) {
        return switch (value) {
            case Map<?, ?> map -> {
                Map<String, Object> copy = new LinkedHashMap<>();
                if (left[0]-- == 0) {
                    copy.put(UNKNOWN, "x");
                    where.add(path.isEmpty() ? UNKNOWN : path + "." + UNKNOWN);
                }
                map.forEach((key, field) -> copy.put(
                        String.valueOf(key), withUnknownField(field, join(path, String.valueOf(key)), left, where)));
                yield copy;
            }
            case List<?> list -> {
                List<Object> copy = new ArrayList<>();
                for (int i = 0; i < list.size(); i++) {
                    copy.add(withUnknownField(list.get(i), path + "[" + i + "]", left, where));
                }
                yield copy;
            }
            default -> value;
        };
    }

    private static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
