package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.Slow;
import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.kubelet.dra.v1.Claim;
import dev.holdfast.agent.kubelet.v1beta1.CDIDevice;
import dev.holdfast.agent.kubelet.v1beta1.Device;
import dev.holdfast.agent.kubelet.v1beta1.RegisterRequest;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Binding;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Companions;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.testbed.apiserver.MockApiServer;
import dev.holdfast.testbed.fixtures.FakeKubelet;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import dev.holdfast.testbed.fixtures.SettableClock;
import dev.holdfast.testbed.fixtures.SpecYaml;
import dev.holdfast.testbed.kubelet.claim.DraDrivers;
import dev.holdfast.testbed.kubelet.claim.DriverConnection;
import dev.holdfast.testbed.kubelet.device.UnixGrpc;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The whole agent between an API server, a kubelet and a sysfs that are stand-ins. */
@Slow
class AgentServiceTest {
    private static final String GPU = "holdfast.dev/gpu";

    @TempDir
    Path directory;

    private final SettableClock clock = new SettableClock();
    private final AgentPaths paths = new AgentPaths();
    /** Classes that pods get by claims. */
    private final UnixGrpc kubeletGrpc = new UnixGrpc();

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private MockApiServer server;
    private KubernetesClient client;
    private ApiClient apiServer;
    private FakeKubelet kubelet;
    private FakeSysfs sysfs;
    private FakeSysfs.Function gpu;
    private @Nullable AgentService agent;

    @BeforeEach
    void nodeWithTwoGpus() throws IOException {
        server = MockApiServer.start();
        client = server.client();
        apiServer = server.apiServer();
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("n1")
                        .endMetadata()
                        .build())
                .create();
        kubelet = new FakeKubelet(directory);
        kubelet.start();
        sysfs = new FakeSysfs(directory.resolve("sys")).vfio();
        gpu = sysfs.function("0000:03:00.0", "10de:20f1", "030200")
                .driver("vfio-pci")
                .group(7);
        sysfs.function("0000:03:00.1", "10de:1aef", "040300").driver("vfio-pci").group(7);
        sysfs.function("0000:04:00.0", "10de:20f1", "030200").driver("vfio-pci").group(8);
        sysfs.function("0000:04:00.1", "10de:1aef", "040300")
                .driver("snd_hda_intel")
                .group(8);
        paths.sysfs = sysfs.root();
        paths.cgroups = Files.createDirectory(directory.resolve("cgroup"));
        Files.createFile(paths.cgroups.resolve("cgroup.controllers"));
        Files.createDirectory(paths.cgroups.resolve("kubepods"));
        paths.devicePlugins = kubelet.plugins();
        paths.podResources = kubelet.podResources();
        paths.pluginsRegistry = directory.resolve("registry");
        paths.pluginDirectory = directory.resolve("plugin");
        paths.cdi = directory.resolve("cdi");
        paths.grantDirectory = directory.resolve("grant");
        paths.stateDirectory = directory.resolve("bindings");
    }

    @AfterEach
    void end() throws InterruptedException {
        if (agent != null) {
            agent.close();
        }
        client.close();
        apiServer.close();
        kubelet.close();
        kubeletGrpc.close();
        server.close();
    }

    /** Every node has the grant resource, without any class. */
    @Test
    void offersTheGrantResourceWithoutAnyClass() {
        AgentService running = start(true);

        await().until(() -> running.notReady().isEmpty());
        await().untilAsserted(() -> assertThat(kubelet.devices("holdfast.dev/grant"))
                .hasSize(256)
                .extracting(Device::getHealth)
                .containsOnly("Healthy"));
        assertThat(paths.cdi.resolve("holdfast.dev-grant.json")).content().contains("/dev/vfio/vfio");
    }

    @Test
    void offersWhatAClassNamesAndReportsTheNode() throws IOException {
        AgentService running = start(true);
        await().until(() -> running.notReady().isEmpty());
        assertThat(classesAtTheKubelet()).isEmpty();

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
        assertThat(meters.get("holdfast.node.report.timestamp").gauge().value())
                .isEqualTo(clock.instant().getEpochSecond());
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void followsADeviceFromAllocateUntilItIsFreed() {
        client.resource(gpuClass()).create();
        start(true);
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");

        assertThat(kubelet.allocate(GPU, "0000:03:00.0")
                        .getContainerResponses(0)
                        .getCdiDevicesList())
                .extracting(CDIDevice::getName)
                .singleElement()
                .satisfies(name -> assertThat(name).matches("holdfast\\.dev/vfio=0000:03:00\\.0-[0-9a-f]{32}"));
        kubelet.hold("default", "vm", GPU, "0000:03:00.0");
        await().untilAsserted(() -> {
            clock.goOn(Duration.ofSeconds(10));
            assertThat(devices().getFirst().state()).isEqualTo(DeviceState.Allocated);
        });

        kubelet.release("vm");
        await().untilAsserted(() -> {
            clock.goOn(Duration.ofSeconds(10));
            assertThat(devices().getFirst().state()).isEqualTo(DeviceState.Free);
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
    void isNotReadyWhereTheKubeletHasNoCgroupOfItsPods() throws IOException {
        Files.delete(paths.cgroups.resolve("kubepods"));
        AgentService running = start(true);

        assertThat(running.notReady())
                .hasValueSatisfying(
                        message -> assertThat(message).contains("kubepods or kubepods.slice", "--kubepods"));
    }

    @Test
    void isNotReadyBeforeTheKubeletKnowsOfAllAndWhenItHasNotForLong() throws Exception {
        kubelet.stop();
        client.resource(gpuClass()).create();
        AgentService running = start(true);
        await().untilAsserted(() -> assertThat(state("0000:03:00.0")).isEqualTo(DeviceState.Free));
        assertThat(running.notReady()).hasValueSatisfying(why -> assertThat(why).contains("since 2026-"));

        kubelet.start();
        await().until(() -> running.notReady().isEmpty());

        kubelet.stop();
        await().until(() -> {
            clock.goOn(Duration.ofMinutes(1));
            return running.notReady().isPresent();
        });
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

    @Test
    void reportsWhatIsPluggedInAndPulledOutWhenTheKernelTellsOfIt() {
        client.resource(gpuClass()).create();
        AgentService running = start(true);
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");

        sysfs.function("0000:05:00.0", "10de:20f1", "030200").driver("vfio-pci").group(9);
        running.busChanged(System.nanoTime());
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy", "0000:05:00.0 Healthy");
        await().until(() -> state("0000:05:00.0") == DeviceState.Free);

        sysfs.remove("0000:05:00.0");
        running.busChanged(System.nanoTime());
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");
        await().until(() -> state("0000:05:00.0") == null);
    }

    @Test
    void looksAndWritesNothingWhenTheKernelTellsOfSomethingThatLeavesAllAsItWas() {
        client.resource(gpuClass()).create();
        AgentService running = start(true);
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");
        await().until(() -> state("0000:03:00.0") == DeviceState.Free);
        long scans = scans();
        String version = node().getMetadata().getResourceVersion();

        running.busChanged(System.nanoTime());
        await().until(() -> meters.get("holdfast.bus.change").timer().count() > 0);

        assertThat(scans()).isGreaterThan(scans);
        assertThat(node().getMetadata().getResourceVersion()).isEqualTo(version);
    }

    @Test
    void aDeviceThatVanishesUnderAPodIsMissingAndCountsNoMore() {
        client.resource(gpuClass()).create();
        kubelet.hold("default", "vm", GPU, "0000:03:00.0");
        AgentService running = start(true);
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");
        await().until(() -> state("0000:03:00.0") == DeviceState.Allocated);

        sysfs.remove("0000:03:00.0");
        sysfs.remove("0000:03:00.1");
        running.busChanged(System.nanoTime());

        awaitDevices("0000:03:00.0 Unhealthy", "0000:04:00.0 Unhealthy");
        await().until(() -> state("0000:03:00.0") == DeviceState.Missing);
    }

    @Test
    void aDeviceThatAClassNamesOnlyNowIsAskedWhetherItAnswers() {
        AgentService running = start(true);
        await().until(() -> running.notReady().isEmpty());
        gpu.silent();

        client.resource(gpuClass()).create();

        awaitDevices("0000:03:00.0 Unhealthy", "0000:04:00.0 Unhealthy");
        await().until(() -> state("0000:03:00.0") == DeviceState.Quarantined);
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void aDeviceThatIsSilentAfterAPodIsNobodysUntilAResetHelps() throws IOException {
        client.resource(gpuClass()).create();
        kubelet.hold("default", "vm", GPU, "0000:03:00.0");
        start(true);
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");

        gpu.silent().file("reset", "");
        kubelet.release("vm");
        awaitDevices("0000:03:00.0 Unhealthy", "0000:04:00.0 Unhealthy");
        await().until(() -> state("0000:03:00.0") == DeviceState.Quarantined);

        gpu.answering();
        await().untilAsserted(() -> {
            clock.goOn(Duration.ofMinutes(5));
            assertThat(state("0000:03:00.0")).isEqualTo(DeviceState.Free);
        });
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");
    }

    /** Null also before the first report, so that a wait continues. */
    private @Nullable DeviceState state(String address) {
        return Optional.ofNullable(
                        client.resources(PassthroughNode.class).withName("n1").get())
                .map(PassthroughNode::getStatus)
                .map(PassthroughNodeStatus::devices)
                .stream()
                .flatMap(List::stream)
                .filter(device -> device.pciAddress().equals(address))
                .map(dev.holdfast.api.node.Device::state)
                .findFirst()
                .orElse(null);
    }

    @Test
    void followsTheLabelsThatAClassAsksFor() {
        PassthroughDeviceClass inZone = gpuClass();
        inZone.setSpec(new PassthroughDeviceClassSpec(
                inZone.getSpec().selectors(), Map.of("zone", "a"), Binding.Adopt, Companions.Auto, null));
        client.resource(inZone).create();
        AgentService running = start(true);
        await().until(() -> running.notReady().isEmpty());
        assertThat(kubelet.knows(GPU)).isFalse();

        label("a");
        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");

        label("b");
        await().until(() -> !kubelet.knows(GPU));
    }

    @Test
    void saysInStatusAndEventThatTheOverlayIsMissingAndOffersTheRest() {
        PassthroughDeviceClass binding = gpuClass();
        binding.setSpec(new PassthroughDeviceClassSpec(
                binding.getSpec().selectors(), Map.of(), Binding.Bind, Companions.Auto, null));
        client.resource(binding).create();
        start(true);

        awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");
        await().untilAsserted(() -> assertThat(client.events()
                        .v1()
                        .events()
                        .inNamespace("default")
                        .list()
                        .getItems())
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getReason()).isEqualTo("BindFailed");
                    assertThat(event.getType()).isEqualTo("Warning");
                    assertThat(event.getReportingController()).isEqualTo("holdfast-agent");
                    assertThat(event.getRegarding().getKind()).isEqualTo("PassthroughNode");
                    assertThat(event.getRegarding().getUid()).isNotBlank();
                    assertThat(event.getNote()).contains("0000:04:00.0 keeps its driver", "overlay overlays/bind");
                    assertThat(devices().get(3).binding())
                            .isNotNull()
                            .satisfies(found -> assertThat(found.message()).isEqualTo(event.getNote()));
                }));
        assertThat(devices().getFirst().binding()).isNull();
    }

    @Test
    void followsADeviceThroughAClaim() throws IOException {
        client.resource(allocatedBy(Allocation.DRA)).create();
        client.resource(claim("pci-0000-03-00-0")).create();
        AgentService running = start(true);
        await().until(() -> running.notReady().isEmpty());
        assertThat(classesAtTheKubelet()).isEmpty();
        await().untilAsserted(() -> assertThat(published()).containsExactly("pci-0000-03-00-0"));

        try (DraDrivers drivers = new DraDrivers(kubeletGrpc, paths.pluginsRegistry)) {
            drivers.look();
            DriverConnection driver = drivers.find("vfio.holdfast.dev").orElseThrow();
            Claim gpus = Claim.newBuilder()
                    .setNamespace("default")
                    .setName("gpus")
                    .setUid(uidOfClaim())
                    .build();

            assertThat(driver.prepare(gpus).values())
                    .singleElement()
                    .satisfies(answer -> assertThat(answer.getError()).isEmpty());
            awaitState(DeviceState.Allocated);
            assertThat(paths.cdi.resolve("vfio.holdfast.dev-claim-" + gpus.getUid() + ".json"))
                    .content()
                    .contains("/dev/vfio/7", paths.grantDirectory.toString());
            assertThat(paths.cdi.resolve("holdfast.dev-vfio.json")).doesNotExist();

            // The class changes its path: the device stays where it is held.
            client.resource(allocatedBy(Allocation.DevicePlugin)).update();
            running.busChanged(System.nanoTime());
            await().until(() -> running.notReady().isEmpty());
            assertThat(classesAtTheKubelet()).isEmpty();
            assertThat(published()).containsExactly("pci-0000-03-00-0");

            assertThat(Objects.requireNonNull(driver.unprepare(gpus).get(gpus.getUid()))
                            .getError())
                    .isEmpty();
            awaitDevices("0000:03:00.0 Healthy", "0000:04:00.0 Unhealthy");
            await().untilAsserted(() -> assertThat(published()).isEmpty());
            awaitState(DeviceState.Free);
        }
    }

    private static PassthroughDeviceClass allocatedBy(Allocation allocation) {
        PassthroughDeviceClass gpus = gpuClass();
        gpus.setSpec(new PassthroughDeviceClassSpec(
                gpus.getSpec().selectors(), Map.of(), Binding.Adopt, Companions.Auto, allocation));
        return gpus;
    }

    private List<String> published() {
        return client.dynamicResourceAllocation().v1().resourcesSlices().list().getItems().stream()
                .flatMap(slice -> slice.getSpec().getDevices().stream())
                .map(io.fabric8.kubernetes.api.model.resource.v1.Device::getName)
                .toList();
    }

    /** The report of a state that may last only a moment is delayed. */
    private void awaitState(DeviceState expected) {
        await().untilAsserted(() -> {
            clock.goOn(Duration.ofSeconds(10));
            assertThat(state("0000:03:00.0")).isEqualTo(expected);
        });
    }

    private static ResourceClaim claim(String device) {
        return new ResourceClaimBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName("gpus")
                .endMetadata()
                .withNewStatus()
                .withNewAllocation()
                .withNewDevices()
                .addNewResult()
                .withRequest("gpu")
                .withDriver("vfio.holdfast.dev")
                .withPool("n1")
                .withDevice(device)
                .endResult()
                .endDevices()
                .endAllocation()
                .endStatus()
                .build();
    }

    private String uidOfClaim() {
        return client.resources(ResourceClaim.class)
                .inNamespace("default")
                .withName("gpus")
                .require()
                .getMetadata()
                .getUid();
    }

    private void label(String zone) {
        client.nodes()
                .withName("n1")
                .edit(node -> new NodeBuilder(node)
                        .editMetadata()
                        .addToLabels("zone", zone)
                        .endMetadata()
                        .build());
    }

    private AgentService start(boolean allowEmulation) {
        try {
            AgentService made =
                    new AgentService(apiServer, "n1", allowEmulation, paths, Duration.ofSeconds(15), meters, clock);
            made.start();
            agent = made;
            return made;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static PassthroughDeviceClass gpuClass() {
        return SpecYaml.deviceClass("gpu", "selectors: [{vendorID: '10de', deviceID: 20f1}]");
    }

    private void awaitDevices(String... expected) {
        await().untilAsserted(() -> assertThat(kubelet.devices(GPU))
                .extracting((Device device) -> device.getID() + " " + device.getHealth())
                .containsExactly(expected));
    }

    private PassthroughNodeStatus status() {
        PassthroughNode node = node();
        assertThat(node.getStatus()).isNotNull();
        return node.getStatus();
    }

    private PassthroughNode node() {
        PassthroughNode node =
                client.resources(PassthroughNode.class).withName("n1").get();
        assertThat(node).isNotNull();
        return node;
    }

    private long scans() {
        return meters.get("holdfast.scan").timer().count();
    }

    private List<dev.holdfast.api.node.Device> devices() {
        List<dev.holdfast.api.node.Device> devices = status().devices();
        return devices == null ? List.of() : devices;
    }

    private List<String> classesAtTheKubelet() {
        return kubelet.registrations().stream()
                .map(RegisterRequest::getResourceName)
                .filter(resource -> !resource.equals("holdfast.dev/grant"))
                .toList();
    }
}
