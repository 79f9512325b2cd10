package dev.holdfast.agent.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InClusterConfigTest {
    private static final Map<String, String> POD =
            Map.of("KUBERNETES_SERVICE_HOST", "10.96.0.1", "KUBERNETES_SERVICE_PORT", "6443");

    @TempDir
    Path serviceAccount;

    @Test
    void readsTheTokenOfTheServiceAccountForEachRequest() throws IOException {
        Path token = Files.writeString(serviceAccount.resolve("token"), "first\n");

        InClusterConfig access = InClusterConfig.of(POD, serviceAccount);

        assertThat(access.server()).isEqualTo(URI.create("https://10.96.0.1:6443"));
        assertThat(access.certificates()).isEqualTo(serviceAccount.resolve("ca.crt"));
        assertThat(access.headers().get()).containsExactly(Map.entry("Authorization", "Bearer first"));
        Files.writeString(token, "second");
        assertThat(access.headers().get()).containsExactly(Map.entry("Authorization", "Bearer second"));
    }

    @Test
    void putsAnIPv6AddressInBrackets() throws IOException {
        Files.writeString(serviceAccount.resolve("token"), "t");

        assertThat(InClusterConfig.of(Map.of("KUBERNETES_SERVICE_HOST", "fd00::1"), serviceAccount)
                        .server())
                .isEqualTo(URI.create("https://[fd00::1]:443"));
    }

    @Test
    void usesTheAddressOfAServerWithoutAuthentication() throws IOException {
        InClusterConfig access =
                InClusterConfig.of(Map.of("KUBERNETES_MASTER", "http://127.0.0.1:8001"), serviceAccount);

        assertThat(access.server()).isEqualTo(URI.create("http://127.0.0.1:8001"));
        assertThat(access.headers().get()).isEmpty();
    }

    @Test
    void reportsWhatIsMissingOutsideAPod() {
        assertThatThrownBy(() -> InClusterConfig.of(Map.of(), serviceAccount))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("KUBERNETES_SERVICE_HOST is not set; run the agent by its DaemonSet");
        assertThatThrownBy(() -> InClusterConfig.of(POD, serviceAccount))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no token at " + serviceAccount.resolve("token"));
    }
}
