package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that the API server accepts the examples unchanged. */
@OnRealCluster
class ExamplesClusterIT {
    private final RealCluster cluster;

    ExamplesClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("examples"))) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void isTaken(Path file) throws IOException {
        try (InputStream yaml = Files.newInputStream(file)) {
            List<HasMetadata> objects = cluster.admin().load(yaml).items();

            assertThat(objects).isNotEmpty();
            for (HasMetadata object : objects) {
                if (object.getMetadata().getNamespace() == null && isNamespaced(object)) {
                    object.getMetadata().setNamespace("default");
                }
                cluster.admin().resource(object).dryRun().create();
            }
        }
    }

    private static boolean isNamespaced(HasMetadata object) {
        return !object.getKind().equals("PassthroughDeviceClass");
    }
}
