package dev.holdfast.agent.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.agent.kubelet.v1beta1.CDIDevice;
import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateResponse;
import dev.holdfast.agent.kubelet.v1beta1.Mount;
import dev.holdfast.agent.kubelet.v1beta1.RegisterRequest;
import dev.holdfast.pci.GroupId;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.fixtures.FakeKubelet;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrantPluginTest {
    private static final String GRANT = "holdfast.dev/grant";

    @TempDir
    Path directory;

    private final UnixGrpc grpc = new UnixGrpc();
    private FakeKubelet kubelet;
    private GrantPlugin plugin;

    @BeforeEach
    void runningKubelet() throws IOException {
        kubelet = new FakeKubelet(directory);
        kubelet.start();
        plugin = new GrantPlugin(
                kubelet.plugins(),
                Path.of("/node/grant"),
                "holdfast.dev/grant=grant-x",
                grpc,
                new AgentMeters(new SimpleMeterRegistry()));
    }

    @AfterEach
    void end() throws InterruptedException {
        plugin.close();
        kubelet.close();
        grpc.close();
    }

    @Test
    void offersIdsThatAreNoDevices() {
        plugin.start();

        assertThat(plugin.registered()).isTrue();
        await().untilAsserted(() -> assertThat(kubelet.devices(GRANT)).hasSize(GrantPluginService.COUNT));
        assertThat(kubelet.devices(GRANT)).allSatisfy(device -> {
            assertThat(device.getHealth()).isEqualTo("Healthy");
            assertThat(GroupId.parse(device.getID())).isEmpty();
        });
    }

    @Test
    void answersAllocateWithTheGrantDirectoryAndDeviceNodesWithoutAGroup() {
        plugin.start();
        await().until(() -> kubelet.knows(GRANT));

        ContainerAllocateResponse answer = kubelet.allocate(GRANT, "grant-7").getContainerResponses(0);

        assertThat(answer.getCdiDevicesList())
                .extracting(CDIDevice::getName)
                .containsExactly("holdfast.dev/grant=grant-x");
        assertThat(answer.getMountsList())
                .containsExactly(Mount.newBuilder()
                        .setHostPath("/node/grant")
                        .setContainerPath("/run/holdfast/grant")
                        .setReadOnly(true)
                        .build());
    }

    @Test
    void servesNothingBeforeItsStart() {
        plugin.ensure();

        assertThat(plugin.registered()).isFalse();
        assertThat(kubelet.registrations()).isEmpty();
    }

    @Test
    void registersAgainAtTheNextKubelet() throws IOException, InterruptedException {
        plugin.start();
        kubelet.stop();
        plugin.ensure();
        kubelet.start();

        plugin.ensure();

        assertThat(kubelet.registrations())
                .extracting(RegisterRequest::getResourceName)
                .containsExactly(GRANT, GRANT);
        await().untilAsserted(() -> assertThat(kubelet.devices(GRANT)).hasSize(GrantPluginService.COUNT));
    }
}
