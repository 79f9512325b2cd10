package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class RenderCommandTest {
    private static final String A100_VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: a100-test}
            spec:
              cpu: {cores: 4}
              memory: {guest: 32Gi}
              firmware: {bootloader: {efi: {}}}
              devices:
                gpus:
                - {name: g0, deviceName: holdfast.dev/nvidia-a100}
                - {name: g1, deviceName: holdfast.dev/nvidia-a100}
                - {name: g2, deviceName: holdfast.dev/nvidia-a100}
                - {name: g3, deviceName: holdfast.dev/nvidia-a100}
            """;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder = Path.of("");

    @Test
    void printsAPodThatKubectlAcceptsAndTheCommandLine() throws IOException {
        int status = render("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughVM
                metadata: {name: gpu-vm}
                spec:
                  memory: {guest: 128Mi}
                  devices:
                    gpus:
                      - {name: gpu0, deviceName: holdfast.dev/test-gpu}
                      - {name: gpu1, deviceName: holdfast.dev/test-gpu}
                """);

        assertThat(status).isZero();
        assertThat(Serialization.unmarshal(out.toString(), Pod.class).getSpec().getRestartPolicy())
                .isEqualTo("Never");
        assertThat(out.toString())
                .contains("# RLIMIT_MEMLOCK: 135528448 bytes")
                .contains("host=<gpu0>,", "host=<gpu1>,")
                .doesNotContain("ffff:");
    }

    /** The API server makes UIDs; a file's own UID becomes part of QEMU's command line and of a comment. */
    @Test
    void ignoresAnInvalidUid() throws IOException {
        int status = render("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughVM
                metadata: {name: gpu-vm, uid: "x,y=z\\u2028spec:\\n-device evil"}
                spec: {memory: {guest: 128Mi}, devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/a}]}}
                """);

        assertThat(status).isZero();
        assertThat(out.toString())
                .contains("-uuid 00000000-0000-0000-0000-000000000000")
                .doesNotContain("evil", "\u2028");
    }

    @Test
    void escapesAnUnknownKind() throws IOException {
        int status = render("""
                apiVersion: v1
                kind: "K\\x1b[2J"
                metadata: {name: a}
                """);

        assertThat(status).isEqualTo(2);
        assertThat(err.toString()).contains("unknown kind K\\u{1b}[2J").doesNotContain("\u001b");
    }

    @Test
    void refusesAVmWithoutDevicesInOneLine() throws IOException {
        int status = render("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughVM
                metadata: {name: gpu-vm}
                spec: {memory: {guest: 128Mi}, devices: {}}
                """);

        assertThat(status).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .startsWith("holdfast render: ")
                .contains("PassthroughVM gpu-vm", "add one");
    }

    @Test
    void printsAssumptionsForUnreportedBars() throws IOException {
        assertThat(render(A100_VM)).isZero();

        assertThat(out.toString())
                .contains(
                        "#   bar-page-tables 2156920832 bytes: QEMU's page tables for BARs, 8 bytes for each 4 KiB: 4 × holdfast.dev/nvidia-a100 with 256.0Gi (assumed, no node reports one)",
                        "#   assumed: no node reports the BARs of holdfast.dev/nvidia-a100; 256.0Gi assumed for each; see the option --node");
    }

    /** In kubectl's forms: one object, a list, JSON. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "NODE",
                "apiVersion: v1\nkind: List\nitems: [NODE]",
                "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [NODE]}",
                "NODE\n---\nNODE"
            })
    void readsTheBarsFromTheReportsOfNodes(String form) throws IOException {
        Path report = Files.writeString(folder.resolve("node.yaml"), form.replace("NODE", """
                {"apiVersion": "holdfast.dev/v1alpha1", "kind": "PassthroughNode", "metadata": {"name": "gpu-1"},
                "status": {"devices": [{"pciAddress": "0000:41:00.0", "vendorID": "10de", "deviceID": "20b2",
                "classCode": "030200", "viable": true, "state": "Free", "deviceClass": "nvidia-a100", "bars": [
                {"index": 1, "sizeBytes": 137438953472, "type": "mem64", "prefetchable": true}]}]}}""".replace("\n", " ")));

        assertThat(render(A100_VM, "--node", report.toString())).isZero();

        assertThat(out.toString())
                .contains("4 × holdfast.dev/nvidia-a100 with 128.0Gi\n")
                .contains("holdfast.dev/bar-sizes: \"nvidia-a100=131072Mi\"")
                .doesNotContain("assumed");
    }

    @Test
    void refusesAFileWithoutAReport() throws IOException {
        Path report = Files.writeString(folder.resolve("node.yaml"), A100_VM);

        assertThat(render(A100_VM, "--node", report.toString())).isEqualTo(2);

        assertThat(out.toString()).isEmpty();
        assertThat(err.toString())
                .contains("no PassthroughNode found; give a file with kind PassthroughNode of holdfast.dev/v1alpha1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cpu: {cores: 0} | spec.cpu.cores: Invalid value: 0: spec.cpu.cores in body should be greater than or equal to 1",
                "cpu: {cores: -1} | spec.cpu.cores: Invalid value: -1: spec.cpu.cores in body should be greater than or equal to 1",
                "cpu: {cores: 99999999999} | spec.cpu.cores: Invalid value: 99999999999: ",
                "cpu: {cores: four} | spec.cpu.cores: Invalid value: \"string\": spec.cpu.cores in body must be of type integer",
                "terminationGracePeriodSeconds: 1.0e+30 | spec.terminationGracePeriodSeconds: Invalid value: \"number\": ",
                "terminationGracePeriodSeconds: 99999999999999999999 | spec.terminationGracePeriodSeconds: Invalid value: ",
                "runStrategy: Manual | spec.runStrategy: Unsupported value: \"Manual\": supported values: \"Always\", \"Halted\",",
                "tolerations: [{tolerationSeconds: 99999999999999999999}] | spec.tolerations[0].tolerationSeconds: ",
                "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 3000000000}]}}"
                        + " | [0].weight: Invalid value: 3000000000: ",
                "memory: {guest: 1e300} | spec.memory.guest: Invalid value: ",
                "memory: {guest: 3Mi, hugepages: {pageSize: 2Mi}} | spec.memory: Invalid value: guest memory must be a multiple",
                "firmware: {bootloader: {bois: {}}} | unknown field \"spec.firmware.bootloader.bois\"; did you mean \"bios\"?",
            })
    void refusesWithTheMessagesOfTheApiServer(String field, String message) throws IOException {
        int status = render("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughVM
                metadata: {name: gpu-vm}
                spec:
                  %s
                  %s
                  devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """.formatted(field, field.startsWith("memory") ? "" : "memory: {guest: 128Mi}"));

        assertThat(status).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().lines())
                .allMatch(line ->
                        line.startsWith("holdfast render: " + folder.resolve("vm.yaml") + ": PassthroughVM gpu-vm: "))
                .first()
                .asString()
                .contains(message);
    }

    @Test
    void printsOneLineForEachReasonAndAtMostTwenty() throws IOException {
        int status = render("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughVM
                metadata: {name: gpu-vm}
                spec:
                  memory: {guest: 128Mi}
                  tolerations: [%s]
                  devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                ---
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughVM
                metadata: {name: Trainer, namespace: lab}
                spec: {memory: {guest: 128Mi}, devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}}
                """.formatted("{tolerationSeconds: none}, ".repeat(30) + "{}"));

        assertThat(status).isEqualTo(2);
        assertThat(err.toString().lines())
                .hasSize(22)
                .anyMatch(line -> line.endsWith("PassthroughVM gpu-vm: and 11 more"))
                .last()
                .asString()
                .contains(
                        "vm.yaml: PassthroughVM lab/Trainer: metadata.name: Invalid value: \"Trainer\": a lowercase RFC 1123");
    }

    @Test
    void rendersAVmWhoseNameTheServerWouldMake() throws IOException {
        assertThat(render(A100_VM.replace("name: a100-test", "generateName: a100-")))
                .isZero();

        assertThat(Serialization.unmarshal(out.toString(), Pod.class)
                        .getMetadata()
                        .getName())
                .startsWith("a100-x");
    }

    private int render(String yaml, String... options) throws IOException {
        Path file = Files.writeString(folder.resolve("vm.yaml"), yaml);
        return new CommandLine(new RenderCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(Stream.concat(Stream.of("-f", file.toString()), Stream.of(options))
                        .toArray(String[]::new));
    }
}
