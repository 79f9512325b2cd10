package dev.holdfast.agent.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.holdfast.Slow;
import dev.holdfast.agent.kubelet.v1beta1.CDIDevice;
import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateResponse;
import dev.holdfast.agent.kubelet.v1beta1.Device;
import dev.holdfast.agent.kubelet.v1beta1.Mount;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.fixtures.FakeKubelet;
import dev.holdfast.testbed.fixtures.Groups;
import dev.holdfast.testbed.fixtures.SettableClock;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests over real unix sockets; only the kubelet is a stand-in. */
@Slow
class DevicePluginsTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final AgentMeters meters = new AgentMeters(registry);
    private static final String GPU = "holdfast.dev/gpu";
    private static final PluginDevice FIRST = new PluginDevice(Groups.id("0000:03:00.0"), 1, "pci0000:00", null);
    private static final PluginDevice SECOND = new PluginDevice(Groups.id("0000:04:00.0"), null, null, null);

    @TempDir
    Path directory;

    private final AtomicInteger allocations = new AtomicInteger();
    private final SettableClock clock = new SettableClock();
    private final AllocationGate gate = new AllocationGate(clock::nanoTime);
    private final UnixGrpc grpc = new UnixGrpc();
    private FakeKubelet kubelet;
    private DevicePlugins plugins;

    @BeforeEach
    void runningKubelet() throws IOException {
        kubelet = new FakeKubelet(directory);
        kubelet.start();
        plugins = new DevicePlugins(
                kubelet.plugins(),
                Path.of("/node/grant"),
                id -> "holdfast.dev/vfio=" + id,
                grpc,
                gate,
                allocations::incrementAndGet,
                meters);
    }

    @AfterEach
    void end() throws InterruptedException {
        plugins.close();
        kubelet.close();
        grpc.close();
    }

    @Test
    void registersAndListsTheDevicesOfAClass() {
        plugins.offer(Map.of("gpu", List.of(FIRST, SECOND)));

        assertThat(plugins.allRegistered()).isTrue();
        assertThat(kubelet.registrations()).singleElement().satisfies(request -> {
            assertThat(request.getVersion()).isEqualTo("v1beta1");
            assertThat(request.getEndpoint()).isEqualTo("holdfast-gpu.sock");
            assertThat(request.getResourceName()).isEqualTo(GPU);
        });
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Healthy");
        assertThat(kubelet.devices(GPU).get(0).getTopology().getNodes(0).getID())
                .isEqualTo(1);
        assertThat(kubelet.devices(GPU).get(1).hasTopology()).isFalse();
        assertThat(registry.get("holdfast.plugin.registrations")
                        .tags("class", "gpu", "result", "ok")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void sendsTheWholeListAfterAChange() {
        plugins.offer(Map.of("gpu", List.of(FIRST, SECOND)));
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Healthy");

        plugins.offer(
                Map.of("gpu", List.of(FIRST, new PluginDevice(Groups.id("0000:04:00.0"), null, null, "is blocked"))));
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");

        plugins.offer(Map.of("gpu", List.of()));
        awaitDevices();
        assertThat(kubelet.knows(GPU)).isTrue();
        assertThat(kubelet.registrations()).hasSize(1);
    }

    @Test
    void answersAllocateWithCdiDevicesAndTheGrantDirectory() {
        plugins.offer(Map.of("gpu", List.of(FIRST, SECOND)));
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Healthy");

        ContainerAllocateResponse answer =
                kubelet.allocate(GPU, "0000:03:00.0", "0000:04:00.0").getContainerResponses(0);

        assertThat(answer.getCdiDevicesList())
                .extracting(CDIDevice::getName)
                .containsExactly("holdfast.dev/vfio=0000:03:00.0", "holdfast.dev/vfio=0000:04:00.0");
        assertThat(answer.getMountsList())
                .containsExactly(Mount.newBuilder()
                        .setHostPath("/node/grant")
                        .setContainerPath("/run/holdfast/grant")
                        .setReadOnly(true)
                        .build());
        assertThat(answer.getDevicesList()).isEmpty();
        assertThat(kubelet.allocate(GPU, "0000:03:00.0", "0000:04:00.0").getContainerResponses(0))
                .isEqualTo(answer);
        await().untilAsserted(() -> assertThat(allocations).hasValue(2));
    }

    @Test
    void prefersDevicesOfOneNumaNode() {
        PluginDevice beside = new PluginDevice(Groups.id("0000:05:00.0"), 1, "pci0000:00", null);
        plugins.offer(Map.of("gpu", List.of(FIRST, SECOND, beside)));
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Healthy", "0000:05:00.0 Healthy");

        assertThat(kubelet.registrations().getFirst().getOptions().getGetPreferredAllocationAvailable())
                .isTrue();
        assertThat(kubelet.prefer(GPU, List.of("0000:05:00.0", "0000:04:00.0", "0000:03:00.0"), List.of(), 2))
                .containsExactly("0000:03:00.0", "0000:05:00.0");
        // Devices that are no longer offered are omitted.
        assertThat(kubelet.prefer(GPU, List.of("0000:04:00.0", "0000:09:00.0"), List.of("0000:09:00.0"), 2))
                .containsExactly("0000:04:00.0");
    }

    @Test
    void refusesToAllocateMissingOrBlockedDevices() {
        plugins.offer(Map.of(
                "gpu", List.of(new PluginDevice(Groups.id("0000:03:00.0"), null, null, "0000:03:00.0 is blocked"))));
        awaitDevices("0000:03:00.0 Unhealthy");

        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() -> kubelet.allocate(GPU, "0000:09:00.0"))
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND))
                .withMessageContaining("holdfast.dev/gpu has no device 0000:09:00.0 on this node");
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() -> kubelet.allocate(GPU, "0000:03:00.0"))
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION))
                .withMessageContaining("0000:03:00.0 is blocked");
        assertThat(allocations).hasValue(0);
    }

    @Test
    void refusesTheWholeAllocationWhileADriverIsBeingChanged() {
        plugins.offer(Map.of("gpu", List.of(FIRST, SECOND)));
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Healthy");
        clock.goOn(AllocationGate.REPORT_DELAY);
        assertThat(gate.close(Groups.id("0000:04:00.0"), clock.nanoTime())).isTrue();

        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() -> kubelet.allocate(GPU, "0000:03:00.0", "0000:04:00.0"))
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION))
                .withMessageContaining("the driver of 0000:04:00.0 is being changed");

        assertThat(gate.close(Groups.id("0000:03:00.0"), clock.nanoTime()))
                .as("no device was allocated")
                .isTrue();
        gate.open(Groups.id("0000:04:00.0"));
        kubelet.allocate(GPU, "0000:04:00.0");
        assertThat(gate.close(Groups.id("0000:04:00.0"), clock.nanoTime()))
                .as("the kubelet may not report it yet")
                .isFalse();
        clock.goOn(AllocationGate.REPORT_DELAY);
        assertThat(gate.close(Groups.id("0000:04:00.0"), clock.nanoTime())).isTrue();
    }

    @Test
    void registersAgainAfterARestartOfTheKubelet() throws Exception {
        try (ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
                DirectoryWatcher watch =
                        DirectoryWatcher.on(kubelet.plugins(), () -> thread.execute(plugins::ensure))) {
            thread.submit(() -> plugins.offer(Map.of("gpu", List.of(FIRST)))).get();
            awaitDevices("0000:03:00.0 Healthy");
            // The agent's slow check besides the watch: kubelet.sock exists before the kubelet listens.
            thread.scheduleWithFixedDelay(plugins::ensure, 1, 1, TimeUnit.SECONDS);

            kubelet.stop();
            kubelet.start();

            awaitDevices("0000:03:00.0 Healthy");
            assertThat(kubelet.registrations()).hasSize(2);
            assertThat(watch).isNotNull();
            thread.shutdownNow();
        }
    }

    @Test
    void registersAgainWithANewKubeletThatKeptItsSocket() throws Exception {
        plugins.offer(Map.of("gpu", List.of(FIRST)));
        awaitDevices("0000:03:00.0 Healthy");

        kubelet.stop();
        kubelet.startWithoutEmptying();
        plugins.ensure();

        awaitDevices("0000:03:00.0 Healthy");
        assertThat(kubelet.registrations()).hasSize(2);
    }

    @Test
    void servesAndRegistersAgainWhenItsSocketVanishes() throws IOException {
        plugins.offer(Map.of("gpu", List.of(FIRST)));
        awaitDevices("0000:03:00.0 Healthy");
        Path socket = kubelet.plugins().resolve("holdfast-gpu.sock");
        Files.delete(socket);

        plugins.ensure();

        assertThat(socket).exists();
        assertThat(kubelet.registrations()).hasSize(2);
        assertThat(kubelet.allocate(GPU, "0000:03:00.0").getContainerResponsesCount())
                .isEqualTo(1);
    }

    @Test
    void doesNothingWithoutAChange() {
        plugins.offer(Map.of("gpu", List.of(FIRST)));

        plugins.ensure();
        plugins.offer(Map.of("gpu", List.of(FIRST)));

        assertThat(kubelet.registrations()).hasSize(1);
    }

    @Test
    void waitsForAKubeletThatIsNotRunningYet() throws Exception {
        kubelet.stop();
        plugins.offer(Map.of("gpu", List.of(FIRST)));
        assertThat(plugins.allRegistered()).isFalse();

        kubelet.start();
        plugins.ensure();

        assertThat(plugins.allRegistered()).isTrue();
        awaitDevices("0000:03:00.0 Healthy");
    }

    @Test
    void isNotRegisteredWithANewKubeletThatRefusesIt() throws Exception {
        plugins.offer(Map.of("gpu", List.of(FIRST)));
        assertThat(registered()).isEqualTo(1);
        kubelet.stop();
        kubelet.refuseRegistrations(true);
        kubelet.startWithoutEmptying();

        plugins.ensure();

        assertThat(plugins.allRegistered()).isFalse();
        assertThat(registered()).isZero();

        kubelet.refuseRegistrations(false);
        plugins.ensure();
        assertThat(registered()).isEqualTo(1);
    }

    private double registered() {
        return registry.get("holdfast.plugin.registered")
                .tag("class", "gpu")
                .gauge()
                .value();
    }

    @Test
    void ignoresAClassWithoutDevicesAndStopsADeletedOne() {
        plugins.offer(Map.of("gpu", List.of(FIRST), "nic", List.of()));
        assertThat(kubelet.registrations()).hasSize(1);
        awaitDevices("0000:03:00.0 Healthy");

        plugins.offer(Map.of("nic", List.of()));

        assertThat(kubelet.plugins().resolve("holdfast-gpu.sock")).doesNotExist();
        await().untilAsserted(() -> assertThat(kubelet.knows(GPU)).isFalse());
    }

    @Test
    void shortensTheNameOfASocketWhosePathIsTooLong() {
        Path kubeletDirectory = Path.of("/var/lib/kubelet/device-plugins");
        String longest = "n".repeat(63);

        assertThat(PluginSocket.nameOf("gpu", kubeletDirectory)).isEqualTo("holdfast-gpu.sock");
        assertThat(kubeletDirectory
                        .resolve(PluginSocket.nameOf(longest, kubeletDirectory))
                        .toString())
                .hasSizeLessThanOrEqualTo(107)
                .isNotEqualTo(kubeletDirectory
                        .resolve(PluginSocket.nameOf("m" + longest.substring(1), kubeletDirectory))
                        .toString());
    }

    private void awaitDevices(String... expected) {
        await().untilAsserted(() -> assertThat(kubelet.devices(GPU))
                .extracting((Device device) -> device.getID() + " " + device.getHealth())
                .containsExactly(expected));
    }
}
