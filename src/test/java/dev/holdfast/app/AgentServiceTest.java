package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.agent.kubelet.v1beta1.CDIDevice;
import dev.holdfast.agent.kubelet.v1beta1.Device;
import dev.holdfast.agent.plugin.FakeKubelet;
import dev.holdfast.agent.report.SettableClock;
import dev.holdfast.api.PassthroughDeviceClass;
import dev.holdfast.api.PassthroughDeviceClassSpec;
import dev.holdfast.api.PassthroughDeviceClassSpec.Selector;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughNodeStatus;
import dev.holdfast.api.PassthroughNodeStatus.State;
import dev.holdfast.embedded.MockApiServer;
import dev.holdfast.host.FakeSysfs;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole agent between an API server, a kubelet and a sysfs that are stand-ins. */
class AgentServiceTest {
    private static final String GPU = "holdfast.dev/gpu";

    @TempDir
    Path directory;

    private final SettableClock clock = new SettableClock();
    private final AgentPaths paths = new AgentPaths();
    private MockApiServer server;
    private KubernetesClient client;
    private FakeKubelet kubelet;
    private FakeSysfs sysfs;
    private @Nullable AgentService agent;

    @BeforeEach
    void nodeWithTwoGpus() throws IOException {
        server = MockApiServer.start();
        client = server.client();
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("n1")
                        .endMetadata()
                        .build())
                .create();
        kubelet = new FakeKubelet(directory);
        kubelet.start();
        sysfs = new FakeSysfs(directory.resolve("sys")).vfio();
        sysfs.function("0000:03:00.0", "10de:20f1", "030200").driver("vfio-pci").group(7);
        sysfs.function("0000:03:00.1", "10de:1aef", "040300").driver("vfio-pci").group(7);
        sysfs.function("0000:04:00.0", "10de:20f1", "030200").driver("vfio-pci").group(8);
        sysfs.function("0000:04:00.1", "10de:1aef", "040300")
                .driver("snd_hda_intel")
                .group(8);
        paths.sysfs = sysfs.root();
        paths.cgroups = Files.createDirectory(directory.resolve("cgroup"));
        Files.createFile(paths.cgroups.resolve("cgroup.controllers"));
        paths.devicePlugins = kubelet.plugins();
        paths.podResources = kubelet.podResources();
        paths.cdi = directory.resolve("cdi");
        paths.grantDirectory = directory.resolve("grant");
    }

    @AfterEach
    void end() throws InterruptedException {
        if (agent != null) {
            agent.close();
        }
        client.close();
        kubelet.close();
        server.close();
    }

    @Test
    void offersWhatAClassNamesAndReportsTheNode() throws IOException {
        AgentService running = start(true);
        await().until(() -> running.notReady().isEmpty());
        assertThat(kubelet.registrations()).isEmpty();

        client.resource(gpuClass()).create();

        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");
        await().untilAsserted(() -> assertThat(devices())
                .extracting(device -> device.pciAddress() + " " + device.state())
                .containsExactly(
                        "0000:03:00.0 Free", "0000:03:00.1 Free", "0000:04:00.0 NotViable", "0000:04:00.1 NotViable"));
        assertThat(paths.cdi.resolve("holdfast.dev-vfio.json"))
                .content()
                .contains("/dev/vfio/7")
                .doesNotContain("/dev/vfio/8");
        assertThat(paths.grantDirectory.resolve("grant.sock")).exists();
    }

    @Test
    void followsADeviceFromAllocateUntilItIsFreed() {
        client.resource(gpuClass()).create();
        start(true);
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");

        assertThat(kubelet.allocate(GPU, "0000:03:00.0")
                        .getContainerResponses(0)
                        .getCdiDevicesList())
                .extracting(CDIDevice::getName)
                .containsExactly("holdfast.dev/vfio=0000:03:00.0");
        kubelet.hold("default", "vm", GPU, "0000:03:00.0");
        await().atMost(Duration.ofSeconds(40)).untilAsserted(() -> {
            clock.goOn(Duration.ofSeconds(10));
            assertThat(devices().getFirst().state()).isEqualTo(State.Allocated);
        });

        kubelet.release("vm");
        await().atMost(Duration.ofSeconds(40)).untilAsserted(() -> {
            clock.goOn(Duration.ofSeconds(10));
            assertThat(devices().getFirst().state()).isEqualTo(State.Free);
        });
    }

    @Test
    void registersAgainAtAKubeletThatStartsAnew() throws Exception {
        client.resource(gpuClass()).create();
        start(true);
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");

        kubelet.stop();
        kubelet.start();

        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");
    }

    @Test
    void offersNothingWithoutKvmUnlessEmulationIsAllowed() {
        client.resource(gpuClass()).create();
        start(false);

        awaitDevices("0000:03:00.0 Unhealthy", "0000:04:00.0 Unhealthy");
        await().untilAsserted(() -> assertThat(status().conditions()).anySatisfy(condition -> {
            assertThat(condition.getType()).isEqualTo("KvmAvailable");
            assertThat(condition.getStatus()).isEqualTo("False");
            assertThat(condition.getMessage()).contains("--allow-emulation");
        }));
    }

    private AgentService start(boolean allowEmulation) {
        try {
            AgentService made = new AgentService(
                    client, "n1", allowEmulation, paths, Duration.ofSeconds(15), new SimpleMeterRegistry(), clock);
            made.start();
            agent = made;
            return made;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static PassthroughDeviceClass gpuClass() {
        PassthroughDeviceClass gpus = new PassthroughDeviceClass();
        gpus.setMetadata(new ObjectMetaBuilder().withName("gpu").build());
        gpus.setSpec(new PassthroughDeviceClassSpec(List.of(new Selector("10de", "20f1", null, null, null, null))));
        return gpus;
    }

    private void awaitDevices(String... expected) {
        await().atMost(Duration.ofSeconds(40))
                .untilAsserted(() -> assertThat(kubelet.devices(GPU))
                        .extracting((Device device) -> device.getID() + " " + device.getHealth())
                        .containsExactly(expected));
    }

    private PassthroughNodeStatus status() {
        PassthroughNode node =
                client.resources(PassthroughNode.class).withName("n1").get();
        assertThat(node).isNotNull();
        assertThat(node.getStatus()).isNotNull();
        return node.getStatus();
    }

    private List<PassthroughNodeStatus.Device> devices() {
        List<PassthroughNodeStatus.Device> devices = status().devices();
        return devices == null ? List.of() : devices;
    }
}
