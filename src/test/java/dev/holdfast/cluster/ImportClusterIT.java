package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.cluster.ClientProgram;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.TestNamespace;
import dev.holdfast.testbed.fixtures.cases.ImportCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that the API server accepts the output of `holdfast import`, also with strict validation. */
@OnRealCluster
class ImportClusterIT {
    private final RealCluster cluster;

    @TempDir
    private Path folder = Path.of("");

    ImportClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    static List<ImportCase> imported() throws IOException {
        return ImportCase.all().stream().filter(input -> !input.isRefused()).toList();
    }

    @ParameterizedTest
    @MethodSource("imported")
    void isTaken(ImportCase input, TestNamespace namespace) throws IOException {
        String yaml = input.run().out();
        // The inputs' own namespaces are not there.
        Path file = Files.writeString(folder.resolve("vm.yaml"), yaml.replaceAll("(?m)^  namespace: .*\n", ""));

        ClientProgram.Output output = apply(file, namespace);

        assertThat(output.err()).isEmpty();
        assertThat(output.status()).isZero();
        assertThat(output.out()).contains("created (server dry run)");
    }

    /** Runs the commands of docs/from-kubevirt.md and docs/from-libvirt.md. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kubevirt-vm-cloud-init | no matches for kind \"VirtualMachine\" in version \"kubevirt.io/v1\"",
                "kubevirt-kind-changed-vm | unknown field \"spec.running\", unknown field \"spec.template\"",
                "domain-virt-install | invalid object to validate",
            })
    void isNeededForWhatTheServerRefuses(String name, String words, TestNamespace namespace) {
        ImportCase input = new ImportCase(Path.of("src/test/resources/import", name));

        ClientProgram.Output output = apply(input.input().toAbsolutePath(), namespace);

        assertThat(output.status()).isNotZero();
        assertThat(output.err()).contains(words);
    }

    private ClientProgram.Output apply(Path file, TestNamespace namespace) {
        return cluster.kubectl()
                .attempt(
                        "apply",
                        "--dry-run=server",
                        "--validate=strict",
                        "--namespace=" + namespace,
                        "--filename",
                        file.toString());
    }
}
