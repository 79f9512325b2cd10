package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.Product;
import dev.holdfast.testbed.cluster.Helm;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Tests the output of {@code make release}: it is reproducible, and API server and Helm accept it. */
@OnRealCluster
class ReleaseClusterIT {
    private static final Path RELEASE = Path.of("target/release");

    private final RealCluster cluster;

    ReleaseClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void isTheSameEachTimeAndIsTaken() throws IOException, InterruptedException {
        release();
        Map<String, String> first = sums();
        release();

        assertThat(sums())
                .isEqualTo(first)
                .containsKeys(
                        "install.yaml",
                        "install-bind.yaml",
                        "monitoring.yaml",
                        "prometheus-role.yaml",
                        "prometheus.yaml",
                        "rules.yaml",
                        "holdfast-" + Product.VERSION + ".tgz");
        for (String manifest : new String[] {"install.yaml", "install-bind.yaml"}) {
            assertThat(cluster.kubectl()
                            .run(
                                    "apply",
                                    "--server-side",
                                    "--dry-run=server",
                                    "-f",
                                    RELEASE.resolve(manifest).toAbsolutePath().toString()))
                    .contains("deployment.apps/holdfast-operator", "daemonset.apps/holdfast-agent");
        }
        Path chart = RELEASE.resolve("holdfast-" + Product.VERSION + ".tgz").toAbsolutePath();
        Helm helm = Helm.of(cluster);
        assertThat(helm.run("template", "holdfast", chart.toString(), "--namespace=holdfast"))
                .isEqualTo(helm.run("template", "holdfast", helm.chart().toString(), "--namespace=holdfast"));
    }

    private void release() throws IOException, InterruptedException {
        Process script = new ProcessBuilder("src/main/release/release")
                .redirectErrorStream(true)
                .start();
        String said = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(script.waitFor()).as(said).isZero();
    }

    /** The checksums by file, of what is no image. */
    private static Map<String, String> sums() throws IOException {
        Map<String, String> sums = new TreeMap<>();
        for (String line : Files.readAllLines(RELEASE.resolve("SHA256SUMS"))) {
            String[] parts = line.split(" +", 2);
            if (!parts[1].endsWith(".tar") && !parts[1].endsWith(".json")) {
                sums.put(parts[1], parts[0]);
            }
        }
        return sums;
    }
}
