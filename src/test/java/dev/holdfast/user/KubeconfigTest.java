package dev.holdfast.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeconfigTest {
    private static final String TWO_CONTEXTS = """
            apiVersion: v1
            kind: Config
            current-context: lab
            contexts:
            - {name: lab, context: {cluster: c, user: u, namespace: team}}
            - {name: other, context: {cluster: d, user: u}}
            clusters:
            - {name: c, cluster: {server: "https://lab.example:6443"}}
            - {name: d, cluster: {server: "https://other.example:6443"}}
            users:
            - {name: u, user: {token: t}}
            """;

    @TempDir
    private Path folder = Path.of("");

    @Test
    void takesTheCurrentContextOrTheChosenOne() throws IOException {
        Config current = Kubeconfig.read(file(TWO_CONTEXTS), null, Map.of());
        assertThat(current.getMasterUrl()).startsWith("https://lab.example:6443");
        assertThat(current.getNamespace()).isEqualTo("team");

        assertThat(Kubeconfig.read(file(TWO_CONTEXTS), "other", Map.of()).getMasterUrl())
                .startsWith("https://other.example:6443");
    }

    /** The client library would use the current context. */
    @Test
    void refusesAnUnknownContext() throws IOException {
        String file = file(TWO_CONTEXTS);

        assertThatThrownBy(() -> Kubeconfig.read(file, "lba", Map.of()))
                .isInstanceOf(CommandFailure.class)
                .hasMessage("the kubeconfig %s has no context lba; its contexts are: lab, other".formatted(file));
    }

    @Test
    void refusesAFileWithoutACurrentContext() throws IOException {
        String file = file(TWO_CONTEXTS.replace("current-context: lab\n", ""));

        assertThatThrownBy(() -> Kubeconfig.read(file, null, Map.of()))
                .hasMessage("the kubeconfig %s has no current context; set --context to one of: lab, other"
                        .formatted(file));
    }

    @Test
    void saysWhichFileDoesNotExist() {
        assertThatThrownBy(() -> Kubeconfig.read(null, null, Map.of("HOME", folder.toString())))
                .hasMessage("no kubeconfig found: %s/.kube/config does not exist; set --kubeconfig or $KUBECONFIG"
                        .formatted(folder));
        assertThatThrownBy(() -> Kubeconfig.read(null, null, Map.of("KUBECONFIG", folder + "/a:" + folder + "/b")))
                .hasMessage("no kubeconfig found: %s/a:%s/b does not exist; set --kubeconfig or $KUBECONFIG"
                        .formatted(folder, folder));
        assertThatThrownBy(() -> Kubeconfig.read(folder + "/c", null, Map.of("KUBERNETES_SERVICE_HOST", "10.96.0.1")))
                .hasMessageStartingWith("no kubeconfig found: ");
    }

    @Test
    void refusesAFileThatIsNoKubeconfig() throws IOException {
        String file = file("{]");

        assertThatThrownBy(() -> Kubeconfig.read(file, null, Map.of()))
                .isInstanceOf(CommandFailure.class)
                .hasMessageStartingWith("the kubeconfig %s cannot be read: ".formatted(file))
                .hasMessageNotContaining("\n");
    }

    private String file(String text) throws IOException {
        return Files.writeString(folder.resolve("kubeconfig"), text).toString();
    }
}
