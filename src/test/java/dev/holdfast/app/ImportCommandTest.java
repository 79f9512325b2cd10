package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Golden;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.cli.VmFile;
import dev.holdfast.plan.machine.TolerantSpec;
import dev.holdfast.testbed.fixtures.cases.ImportCase;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Golden files are next to the inputs in src/test/resources/import; {@code -Dholdfast.golden=write} rewrites them. */
class ImportCommandTest {
    @TempDir
    private Path folder = Path.of("");

    static List<ImportCase> cases() throws IOException {
        return ImportCase.all();
    }

    static List<ImportCase> imported() throws IOException {
        return cases().stream().filter(input -> !input.isRefused()).toList();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void printsTheVmAndNotesOnOtherParts(ImportCase input) throws IOException {
        ImportCase.Result result = input.run();

        assertThat(result.status()).isEqualTo(input.isRefused() ? 2 : 0);
        assertThat(result.err()).isEqualTo(Golden.of(input.errors(), result.err()));
        assertThat(result.out()).isEqualTo(input.isRefused() ? "" : Golden.of(input.output(), result.out()));
    }

    /** The operator would accept it, unless the notes have parts to correct. */
    @ParameterizedTest
    @MethodSource("imported")
    void printsVmsThatTheOperatorAccepts(ImportCase input) throws IOException {
        List<PassthroughVM> vms = VmFile.read(input.output().toString(), System.in);

        assertThat(vms).isNotEmpty();
        for (PassthroughVM vm : vms) {
            assertThat(TolerantSpec.devices(vm.getSpec()).orElse(0)).isPositive();
        }
        assertThat(Files.readString(input.errors())).doesNotContain("to correct in the output");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void writesANoteOfOneLineWithAReasonAndWhatToDo(ImportCase input) throws IOException {
        assertThat(Files.readAllLines(input.errors()))
                .isNotNull()
                .allSatisfy(line -> assertThat(line)
                        .contains("; ")
                        .doesNotContain("Exception", "dev.holdfast", "null")
                        .doesNotEndWith("."));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10de:2236", "=a10", "10de:2236=A10", "10de:2236=", "10de:2236=a/b"})
    void refusesAnInvalidDeviceClass(String option) throws IOException {
        Path file = Files.writeString(folder.resolve("vm.yaml"), "a: b");

        ImportCase.Result result = ImportCase.run("-f", file.toString(), "--device-class", option);

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err().lines()).singleElement().asString().contains("must be DEVICE=CLASS");
    }

    @Test
    void warnsOfAnUnusedDeviceClass() throws IOException {
        Path file = Files.writeString(folder.resolve("domain.xml"), """
                <domain type='kvm'><name>a</name><memory>1048576</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>
                <devices><hostdev type='pci'><source><address bus='0x65' slot='0' function='0'/></source></hostdev></devices></domain>
                """);

        ImportCase.Result result = ImportCase.run(
                "-f", file.toString(), "--device-class", "0000:65:00.0=a10", "--device-class", "10de:2236=a10");

        assertThat(result.out()).contains("deviceName: holdfast.dev/a10\n");
        assertThat(result.err())
                .contains("--device-class 10de:2236: not used")
                .doesNotContain("placeholder", "--device-class 0000:65:00.0: not used");
    }

    @Test
    void printsAVmThatTheOperatorRefusesWithANote() throws IOException {
        Path file = Files.writeString(folder.resolve("vm.yaml"), """
                apiVersion: kubevirt.io/v1
                kind: VirtualMachineInstance
                metadata: {name: a}
                spec:
                  affinity: {nodeAffinity: 5}
                  domain:
                    memory: {guest: 1Gi}
                    devices: {gpus: [{name: gpu0, deviceName: a.example/b}]}
                """);

        ImportCase.Result result = ImportCase.run("-f", file.toString());

        assertThat(result.status()).isZero();
        assertThat(result.err()).contains("to correct in the output: spec.affinity");
    }

    /** A YAML line end would end the comment, and the rest would become fields. */
    @Test
    void keepsTheCommentOfAPlaceholderOnItsLine() throws IOException {
        Path file = Files.writeString(folder.resolve("vm.yaml"), """
                apiVersion: kubevirt.io/v1
                kind: VirtualMachineInstance
                metadata: {name: a}
                spec:
                  domain:
                    memory: {guest: 1Gi}
                    devices: {gpus: [{name: gpu0, deviceName: "nvidia.com/X\\u2028status: {phase: Running}\\u0085b: c"}]}
                """);

        ImportCase.Result result = ImportCase.run("-f", file.toString());

        assertThat(result.out() + result.err()).contains("\\u{2028}").doesNotContain("\u2028", "\u0085");
    }

    @ParameterizedTest
    @ValueSource(strings = {"render", "memlock"})
    void isSuggestedWhenAForeignMachineIsGivenInPlaceOfAVm(String command) throws IOException {
        for (ImportCase input : imported()) {
            StringWriter err = new StringWriter();
            int status = Holdfast.commandLine()
                    .setOut(new PrintWriter(new StringWriter()))
                    .setErr(new PrintWriter(err, true))
                    .execute(command, "-f", input.input().toString());

            assertThat(status).isEqualTo(2);
            assertThat(err.toString().lines())
                    .singleElement()
                    .asString()
                    .contains("`holdfast import -f " + input.input() + "`");
        }
    }

    @Test
    void reportsHowManyFilesAreNeededForTwoDomains() throws IOException {
        Path file = Files.writeString(folder.resolve("two.xml"), "<domain/>\n<domain/>");

        assertThat(ImportCase.run("-f", file.toString()).err()).contains("use one file for each domain");
    }

    @Test
    void printsAtMostTwoHundredLinesOfNotes() throws IOException {
        StringBuilder selector = new StringBuilder();
        for (int i = 0; i < 230; i++) {
            selector.append("    node.kubevirt.io/k").append(i).append(": a\n");
        }
        Path file = Files.writeString(folder.resolve("vm.yaml"), """
                apiVersion: kubevirt.io/v1
                kind: VirtualMachineInstance
                metadata: {name: a}
                spec:
                  domain:
                    memory: {guest: 1Gi}
                    devices: {gpus: [{name: gpu0, deviceName: a.example/b}]}
                  nodeSelector:
                """ + selector);

        List<String> lines = ImportCase.run("-f", file.toString()).err().lines().toList();

        assertThat(lines).hasSize(201);
        assertThat(lines.getLast()).matches("and 3[0-9] more; .*");
    }

    @Test
    void requiresAFile() {
        assertThat(new CommandLine(new ImportCommand())
                        .setErr(new PrintWriter(new StringWriter()))
                        .execute())
                .isEqualTo(2);
    }
}
