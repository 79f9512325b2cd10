package dev.holdfast.monitoring;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.cluster.ClientProgram;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The API server checks PodMonitors and PrometheusRule by the CRDs of the Prometheus operator, which is not run. */
@OnRealCluster
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrometheusOperatorClusterIT {
    private static final List<String> KINDS = List.of("podmonitors", "prometheusrules");

    private final RealCluster cluster;
    private Path crds = Path.of("");

    PrometheusOperatorClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeAll
    void install() throws IOException, InterruptedException {
        crds = PrometheusPrograms.folderOf("src/test/prometheus-operator/crds");
        KINDS.forEach(kind -> cluster.kubectl().run("apply", "--server-side", "--filename=" + crd(kind)));
        // Established is set a moment before the kinds are served and described.
        KINDS.forEach(kind -> eventually(kind + " are served")
                .until(() ->
                        cluster.kubectl().attempt("explain", kind + ".spec").status() == 0));
    }

    @AfterAll
    void remove() {
        cluster.kubectl().run("delete", "--ignore-not-found", "-k", "deploy/monitoring/");
        KINDS.forEach(kind -> cluster.kubectl().run("delete", "--filename=" + crd(kind)));
    }

    @Test
    void theApiServerAcceptsEveryFieldAndKeepsIt() throws IOException {
        assertThat(cluster.kubectl().shell("kubectl apply --server-side --validate=strict -k deploy/monitoring/"))
                .contains(
                        "configmap/holdfast-dashboard",
                        "podmonitor.monitoring.coreos.com/holdfast-agent",
                        "podmonitor.monitoring.coreos.com/holdfast-operator",
                        "prometheusrule.monitoring.coreos.com/holdfast-alerts");

        // What the server stored is what was sent: nothing was dropped, nothing added.
        ClientProgram.Output difference =
                cluster.kubectl().attempt("diff", "--server-side", "-k", "deploy/monitoring/");
        assertThat(difference.out() + difference.err()).isEmpty();
        assertThat(difference.status()).isZero();
        assertThat(cluster.kubectl()
                        .run(
                                "get",
                                "prometheusrule",
                                "holdfast-alerts",
                                "--namespace=" + RealCluster.NAMESPACE,
                                "--output=jsonpath={.spec.groups[*].rules[*].alert}")
                        .split(" "))
                .containsExactlyElementsOf(RuleFile.read().alerts().stream()
                        .map(RuleFile.Alert::name)
                        .toList());
    }

    @Test
    void aFieldThatIsUnknownOrInvalidIsRefused(@TempDir Path folder) throws IOException {
        String monitors = Files.readString(Path.of("deploy/monitoring/pod-monitors.yaml"));
        String rules = Files.readString(Path.of("deploy/monitoring/prometheus-rule.yaml"));

        assertThat(refusal(folder, monitors.replace("honorLabels:", "honourLabels:")))
                .contains("honourLabels");
        assertThat(refusal(folder, monitors.replace("port: http", "port: {name: http}")))
                .contains("port");
        assertThat(refusal(folder, rules.replace("for: 3m", "for: three"))).contains("for");
    }

    private String refusal(Path folder, String objects) throws IOException {
        Path file = Files.writeString(folder.resolve("objects.yaml"), objects);
        ClientProgram.Output applied = cluster.kubectl()
                .attempt("apply", "--server-side", "--validate=strict", "--dry-run=server", "--filename=" + file);
        assertThat(applied.status()).isNotZero();
        return applied.err();
    }

    private Path crd(String plural) {
        return crds.resolve("monitoring.coreos.com_" + plural + ".yaml");
    }
}
