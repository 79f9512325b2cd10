package dev.holdfast.agent.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodResourcesClientTest {
    @TempDir
    Path directory;

    private final UnixGrpc grpc = new UnixGrpc();
    private FakeKubelet kubelet;
    private PodResourcesClient client;

    @BeforeEach
    void runningKubelet() throws IOException {
        kubelet = new FakeKubelet(directory);
        kubelet.start();
        client = new PodResourcesClient(kubelet.podResources(), grpc);
    }

    @AfterEach
    void end() throws InterruptedException {
        client.close();
        kubelet.close();
        grpc.close();
    }

    @Test
    void tellsWhatAPodHolds() throws IOException {
        kubelet.hold("default", "vm", "holdfast.dev/gpu", "0000:03:00.0", "0000:04:00.0");
        kubelet.hold("default", "vm", "holdfast.dev/nic", "0000:05:00.0");
        kubelet.hold("default", "vm", "example.com/fpga", "7");
        kubelet.hold("default", "other", "holdfast.dev/gpu", "0000:06:00.0");
        kubelet.hold("elsewhere", "vm", "holdfast.dev/gpu", "0000:07:00.0");

        assertThat(client.of("default", "vm"))
                .isEqualTo(Map.of(
                        "holdfast.dev/gpu", List.of("0000:03:00.0", "0000:04:00.0"),
                        "holdfast.dev/nic", List.of("0000:05:00.0")));
        assertThat(client.of("default", "nobody")).isEmpty();
    }

    @Test
    void tellsTheClassOfAllThatIsHeld() throws IOException {
        kubelet.hold("default", "vm", "holdfast.dev/gpu", "0000:03:00.0");
        kubelet.hold("other", "vm", "holdfast.dev/nic", "0000:05:00.0");
        kubelet.hold("other", "pod", "example.com/fpga", "0000:06:00.0");
        kubelet.hold("other", "pod", "holdfast.dev/of-another-plugin", "device-7");

        assertThat(client.held()).isEqualTo(Map.of("0000:03:00.0", "gpu", "0000:05:00.0", "nic"));
    }

    @Test
    void saysWhenTheKubeletDoesNotAnswerAndGoesOnWhenItDoes() throws Exception {
        kubelet.hold("default", "vm", "holdfast.dev/gpu", "0000:03:00.0");
        assertThat(client.held()).hasSize(1);

        kubelet.stop();
        assertThatExceptionOfType(IOException.class).isThrownBy(client::held).withMessageContaining("kubelet.sock");
        kubelet.start();

        assertThat(client.held()).hasSize(1);
    }
}
