package dev.holdfast.qemu.argv;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.Slow;
import dev.holdfast.qemu.qmp.Qmp;
import dev.holdfast.testbed.qemu.RealProgram;
import dev.holdfast.testbed.qemu.RealQemu;
import dev.holdfast.testbed.qemu.StandIns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Starts the QEMU of this machine and that of the images ({@link RealProgram}) with the command lines of the golden files.
 * An option that a QEMU no longer supports would end every VM that uses it.
 */
@Slow
class RealArgvTest {
    private static final Path GOLDEN = Path.of("src/test/resources/dev/holdfast/qemu/argv");

    @TempDir
    private Path folder = Path.of("");

    static List<Arguments> lines() throws IOException {
        List<RealProgram> programs = RealProgram.all();
        try (Stream<Path> files = Files.list(GOLDEN)) {
            return files.sorted()
                    .flatMap(file -> programs.stream().map(program -> Arguments.of(file.getFileName(), program, file)))
                    .toList();
        }
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("lines")
    void isAcceptedByQemuWithoutADeprecationWarning(Path name, RealProgram program, Path file) throws Exception {
        StandIns standIns = new StandIns(folder, Files.readAllLines(file));

        try (RealQemu qemu = new RealQemu(folder, standIns.argv(program.path()), "-S");
                Qmp qmp = qemu.qmp()) {
            assertThat(qmp.execute("query-status", JsonNodeFactory.instance.objectNode())
                            .path("running")
                            .asBoolean(true))
                    .isFalse();
            for (Map.Entry<String, Set<String>> type : standIns.replaced().entrySet()) {
                assertThat(properties(qmp, type.getKey())).as(type.getKey()).containsAll(type.getValue());
            }
            assertThat(qemu.output()).doesNotContain("deprecated", "obsolete", "removed", "not supported");
        }
    }

    private static Set<String> properties(Qmp qmp, String type) throws IOException {
        boolean device = !type.startsWith("memory-backend");
        JsonNode properties = qmp.execute(
                device ? "device-list-properties" : "qom-list-properties",
                JsonNodeFactory.instance.objectNode().put("typename", type));
        return StreamSupport.stream(properties.spliterator(), false)
                .map(property -> property.path("name").asText())
                .collect(Collectors.toSet());
    }
}
