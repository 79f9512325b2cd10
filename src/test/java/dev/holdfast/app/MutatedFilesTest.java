package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.CaseCount;
import dev.holdfast.Slow;
import dev.holdfast.testbed.fixtures.cases.Mutations;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Damaged VMs: all messages of the commands are readable. */
@Slow
class MutatedFilesTest {
    private static final int FILES = CaseCount.of(300, 1_000);

    @TempDir
    private Path folder = Path.of("");

    @ParameterizedTest
    @ValueSource(longs = {5, 11})
    void areUsedOrRefusedWithAReadableMessage(long seed) throws IOException {
        Mutations mutations = new Mutations(seed);
        int refused = 0;
        for (int i = 0; i < FILES; i++) {
            refused += run(i % 2 == 0 ? new RenderCommand() : new MemlockCommand(), mutations.next());
        }

        assertThat(refused).as("so many are refused").isBetween(FILES / 3, FILES - 1);
    }

    private int run(Callable<Integer> command, JsonNode vm) throws IOException {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        Path file = Files.writeString(folder.resolve("vm.json"), vm.toString());

        int status = new CommandLine(command)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute("-f", file.toString());

        assertThat(status).as(vm + "\n" + err).isIn(0, Holdfast.UNUSABLE_INPUT);
        assertThat(err.toString())
                .as(vm.toString())
                .doesNotContain("java.", "com.", "dev.", "Exception", "through reference chain", "line: ");
        assertThat(err.toString().lines())
                .as(vm.toString())
                .hasSizeLessThan(30)
                .allMatch(line -> line.startsWith("holdfast ") && line.length() < 1_200)
                .noneMatch(line -> line.chars().anyMatch(Character::isISOControl));
        assertThat(err.toString().isEmpty()).isEqualTo(status == 0);
        return status == 0 ? 0 : 1;
    }
}
