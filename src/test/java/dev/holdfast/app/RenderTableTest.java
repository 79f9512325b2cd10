package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.schema.Violation;
import dev.holdfast.testbed.fixtures.cases.RuleCase;
import dev.holdfast.testbed.fixtures.cases.RuleCases;
import dev.holdfast.testbed.fixtures.cases.SchemaOfCase;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** {@code holdfast render} accepts and refuses as the API server does, with its messages, by the table of cases. */
@Slow
class RenderTableTest {
    @TempDir
    private Path folder = Path.of("");

    static Stream<RuleCase> vms() {
        return RuleCases.all().stream()
                .filter(one -> one.kind().name().equals("PassthroughVM") && one.before() == null);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("vms")
    void judgesAsTheApiServerDoes(RuleCase one) throws IOException {
        StringWriter err = new StringWriter();
        Path file = Files.writeString(folder.resolve("vm.json"), one.object().toString());

        int status = new CommandLine(new RenderCommand())
                .setOut(new PrintWriter(new StringWriter()))
                .setErr(new PrintWriter(err, true))
                .execute("-f", file.toString(), "--memlock-policies=Exact,Fixed,Libvirt,Unlimited");

        String start = "holdfast render: %s: PassthroughVM %s: "
                .formatted(file, one.object().at("/metadata/name").asText());
        List<String> lines = SchemaOfCase.violations(one).stream()
                .map(Violation::line)
                .map(start::concat)
                .toList();
        assertThat(err.toString().lines()).containsExactlyElementsOf(lines);
        assertThat(status).isEqualTo(one.isAccepted() ? 0 : Holdfast.UNUSABLE_INPUT);
    }
}
