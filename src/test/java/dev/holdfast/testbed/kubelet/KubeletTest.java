package dev.holdfast.testbed.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.apiserver.MockApiServer;
import io.fabric8.kubernetes.api.model.Quantity;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeletTest {
    @Test
    void reportsItsDevicesAndAPodThatCannotStartAndLetsThePodGo(@TempDir Path directory) throws Exception {
        Rehearsal.Seen seen;
        try (MockApiServer server = MockApiServer.start()) {
            seen = Rehearsal.run(directory, server.url());
        }

        assertThat(seen.node().getStatus().getCapacity()).containsEntry("holdfast.dev/gpu", new Quantity("1"));
        assertThat(seen.node().getStatus().getAllocatable())
                .containsEntry("holdfast.dev/gpu", new Quantity("1"))
                .containsKeys("cpu", "memory", "pods");
        assertThat(seen.waiting().getStatus().getPhase()).isEqualTo("Pending");
        assertThat(seen.waiting()
                        .getStatus()
                        .getContainerStatuses()
                        .getFirst()
                        .getState()
                        .getWaiting()
                        .getMessage())
                .isEqualTo("The node has no image absent; its images are [other].");
    }
}
