package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

final class RenderCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder = Path.of("");

    @Test
    void printsAPodThatKubectlAcceptsAndTheCommandLineBesideIt() throws IOException {
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

    @Test
    void refusesWhatTheOperatorWouldRefuseInOneLine() throws IOException {
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cpu: {cores: 99999999999} | spec.cpu.cores: 99999999999 is out of range, must be -2147483648 to 2147483647",
                "terminationGracePeriodSeconds: 1.0e+30 | spec.terminationGracePeriodSeconds: ",
                "terminationGracePeriodSeconds: 99999999999999999999 | spec.terminationGracePeriodSeconds: ",
                "runStrategy: Manual | spec.runStrategy: unknown value \"Manual\", must be one of [Always, Halted,",
                "tolerations: [{tolerationSeconds: 99999999999999999999}] | spec.tolerations[0].tolerationSeconds: ",
                "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 3000000000}]}}"
                        + " | [0].weight: 3000000000 is out of range",
                "memory: {guest: 1e300} | 1Mi to 64Ti are possible",
            })
    void refusesNumbersThatItCannotHoldInOneLine(String field, String words) throws IOException {
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
                .singleElement()
                .asString()
                .startsWith("holdfast render: ")
                .contains(words);
    }

    private int render(String yaml) throws IOException {
        Path file = Files.writeString(folder.resolve("vm.yaml"), yaml);
        return new CommandLine(new RenderCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute("-f", file.toString());
    }
}
