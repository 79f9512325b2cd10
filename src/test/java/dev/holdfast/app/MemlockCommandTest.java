package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MemlockCommandTest {
    private static final String VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: gpu-vm, namespace: default}
            spec:
              memory: {guest: 64Gi}
              devices:
                gpus:
                - {name: gpu0, deviceName: holdfast.dev/nvidia-a100}
                video: {type: vga}
            """;
    private static final String CLASS = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughDeviceClass
            metadata: {name: nvidia-a100}
            spec: {selectors: [{vendorID: "10de"}]}
            """;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder = Path.of("");

    @Test
    void printsTheContractsFieldsInTheirOrder() throws Exception {
        assertThat(run(VM, "-o", "json")).isZero();

        JsonNode plan = new ObjectMapper().readTree(out.toString());
        List<String> names = new ArrayList<>();
        plan.fieldNames().forEachRemaining(names::add);
        assertThat(names)
                .containsExactly(
                        "policy",
                        "requiredBytes",
                        "marginBytes",
                        "limitBytes",
                        "maxBytes",
                        "unlimited",
                        "addressSpaces",
                        "terms");
        assertThat(plan.get("policy").asText()).isEqualTo("Exact");
        assertThat(plan.get("requiredBytes").asLong()).isEqualTo((64L << 30) + (16 << 20) + 262144 + 131072 + 65536);
        assertThat(plan.get("limitBytes").asLong())
                .isEqualTo(plan.get("requiredBytes").asLong() + (1 << 20));
        assertThat(plan.get("maxBytes").asLong()).isEqualTo(65L << 30);
        assertThat(plan.get("terms").get(0).toString())
                .startsWith("{\"name\":\"guest-memory\",\"bytes\":68719476736,\"reason\":\"");
    }

    @Test
    void printsAnArrayForSeveralVms() throws Exception {
        assertThat(run(VM + "---\n" + CLASS + "---\n" + VM, "-o", "json")).isZero();

        assertThat(new ObjectMapper().readTree(out.toString())).hasSize(2);
    }

    @Test
    void readsAListAsKubectlPrintsIt() throws Exception {
        String list = "apiVersion: v1\nkind: List\nitems:\n- " + VM.strip().replace("\n", "\n  ") + "\n";

        assertThat(run(list, "-o", "json")).isZero();

        assertThat(new ObjectMapper().readTree(out.toString()).isObject()).isTrue();
    }

    @Test
    void explainsEveryTermInTheTable() throws Exception {
        assertThat(run(VM)).isZero();

        assertThat(out.toString().lines())
                .anyMatch(line -> line.contains("PassthroughVM default/gpu-vm"))
                .anyMatch(line -> line.matches("guest-memory +68719476736 bytes +64 GiB  .+"))
                .anyMatch(line -> line.matches("limit +68737761280 bytes +64 GiB  .+"))
                .anyMatch(line -> line.matches("video-memory +16777216 bytes +16 MiB  .+"));
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "guest: 64Gi      | guest: lots        | spec.memory.guest is \"lots\", which is no quantity",
                "guest: 64Gi      | guest: -1Gi        | has to be more than nothing",
                "guest: 64Gi      | guest: 65Ti        | 1Mi to 64Ti are possible",
                "guest: 64Gi      | guest: \"\"        | spec.memory.guest cannot be read",
                "{guest: 64Gi}    | {}                 | spec.memory.guest is missing",
                "memory:          | memori:            | spec.memori is no field of this version",
                "  gpus:          |   gpu:             | spec.devices.gpu is no field of this version",
                "{type: vga}      | {type: cga}        | spec.devices.video.type cannot be \"cga\"; give one of [",
                "{type: vga}      | {type: vga, memory: 3Mi} | vga takes a power of two from 1Mi to 256Mi",
                "{type: vga}      | {type: none, memory: 4Mi} | has no such option",
                "kind: PassthroughVM | kind: PassthroughVm | unknown kind PassthroughVm",
                "kind: PassthroughVM | kind: PassthroughDeviceClass | is no field of this version",
                "kind: PassthroughVM | king: PassthroughVM | without apiVersion and kind",
                "spec:            | speck: [            | it is no YAML or JSON",
            })
    void saysInOneLineWhyItCannotUseTheFile(String found, String instead, String sentence) throws Exception {
        assertThat(VM).contains(found);

        assertThat(run(VM.replace(found, instead))).isEqualTo(2);

        assertThat(err.toString().lines()).singleElement().asString().contains(sentence);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void saysThatThereIsNoVm() throws Exception {
        for (String text : List.of("", "---\n", CLASS)) {
            err.getBuffer().setLength(0);
            assertThat(run(text)).isEqualTo(2);
            assertThat(err.toString().lines()).singleElement().asString().contains("has no PassthroughVM");
        }
    }

    @Test
    void saysThatTheSpecIsMissing() throws Exception {
        assertThat(run("apiVersion: holdfast.dev/v1alpha1\nkind: PassthroughVM\nmetadata: {name: a}\n"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("has no spec");
    }

    @Test
    void saysThatTheFileIsMissing() {
        assertThat(execute("-f", folder.resolve("nowhere.yaml").toString())).isEqualTo(2);
        assertThat(err.toString().lines()).singleElement().asString().contains("nowhere.yaml does not exist");
    }

    @Test
    void saysThatAFolderIsNoFile() {
        assertThat(execute("-f", folder.toString())).isEqualTo(2);
        assertThat(err.toString().lines()).singleElement().asString().contains("cannot be read");
    }

    private int run(String yaml, String... more) throws IOException {
        Path file = Files.writeString(folder.resolve("vm.yaml"), yaml);
        List<String> arguments = new ArrayList<>(List.of("-f", file.toString()));
        arguments.addAll(List.of(more));
        return execute(arguments.toArray(String[]::new));
    }

    private int execute(String... arguments) {
        return new CommandLine(new MemlockCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }
}
