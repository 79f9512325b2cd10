package dev.holdfast.agent.grant;

import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.Progress;
import dev.holdfast.testbed.apiserver.MockApiServer;
import dev.holdfast.testbed.fixtures.FakeKubelet;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Packaged agent in its own process on this host. API server, kubelet, bus and cgroup tree are stand-ins; the sockets,
 * processes, prlimit and uevents are real.
 */
public final class RealAgent implements AutoCloseable {
    /** Port of health and metrics. */
    static final int PORT = 18_080;

    private static final int DEVICES_OF_BUS = 32;

    private final Build build;
    private final Path folder;
    private final MockApiServer server = MockApiServer.start();
    private final KubernetesClient client = server.client();
    private final FakeKubelet kubelet;
    private final FakeSysfs sysfs;
    private final LaunchedVms vms;
    private final String javaOptions;
    private HostProcess agent;

    /**
     * Starts the agent with the options of its DaemonSet.
     *
     * @param folder     is emptied
     * @param gpus       number of GPUs on the bus, each in its own group
     * @param allocation of their class
     */
    public RealAgent(Build build, Path folder, int gpus, Allocation allocation) throws IOException {
        this.build = build;
        this.folder = folder;
        Folders.empty(folder);
        kubelet = new FakeKubelet(folder);
        kubelet.start();
        sysfs = new FakeSysfs(folder.resolve("sys")).vfio();
        for (int i = 0; i < gpus; i++) {
            sysfs.function(gpu(i).toString(), "10de:20f1", "030200")
                    .driver("vfio-pci")
                    .group(i);
        }
        vms = new LaunchedVms(build, folder, client, kubelet, allocation);
        javaOptions = optionsOf(build.root().resolve("deploy/agent-daemonset.yaml"));
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(GrantFixtures.NODE)
                        .endMetadata()
                        .build())
                .create();
        client.resource(Serialization.unmarshal("""
                        apiVersion: holdfast.dev/v1alpha1
                        kind: PassthroughDeviceClass
                        metadata: {name: gpu}
                        spec: {selectors: [{vendorID: 10de}], allocation: %s}
                        """.formatted(allocation), PassthroughDeviceClass.class))
                .create();
        agent = startAgent();
        Progress.eventually("the agent has reported and offered").until(() -> {
            agent.checkAlive();
            return status().isPresent() && offered(allocation) == gpus;
        });
    }

    private long offered(Allocation allocation) {
        return allocation == Allocation.DevicePlugin
                ? kubelet.devices(GrantFixtures.GPU).size()
                : client.resources(ResourceSlice.class).list().getItems().stream()
                        .mapToInt(slice -> slice.getSpec().getDevices().size())
                        .sum();
    }

    private static GroupId gpu(int number) {
        return new GroupId(new PciAddress(0, 1 + number / DEVICES_OF_BUS, number % DEVICES_OF_BUS, 0));
    }

    /** Adds a VM and its pod with this GPU, and starts a launcher in it. */
    public WaitingLauncher launcher(String name, int gpu, long limitBytes) throws IOException {
        return vms.launch(name, gpu(gpu), limitBytes);
    }

    /** Shows the process of a launcher as a QEMU that has locked so much. */
    public void lock(WaitingLauncher launcher, long lockedKib) {
        vms.lock(launcher, lockedKib);
    }

    /** Kills the agent (SIGKILL) and starts the next one at once, as a kubelet would. */
    public void killAgent() {
        agent.kill();
        agent = startAgent();
    }

    /** Waits until no device is allocated and no grant is left. */
    public void awaitIdle(Duration limit) {
        Progress.eventually("no grant is left in the report")
                .until(() -> status().filter(status -> status.grants() == null).isPresent());
    }

    /** Returns the node report. */
    public Optional<PassthroughNodeStatus> status() {
        return Optional.ofNullable(client.resources(PassthroughNode.class)
                        .withName(GrantFixtures.NODE)
                        .get())
                .map(PassthroughNode::getStatus);
    }

    /** Returns the number of writes that the API server has received, those of this testbed included. */
    public long writes() {
        return server.writes();
    }

    /** Returns the process ID of the agent. */
    public long pid() {
        return agent.pid();
    }

    /** Returns VmRSS of the agent. */
    public long residentKib() throws IOException {
        return procStatus("VmRSS:");
    }

    /** Returns the number of threads of the agent. */
    public long threads() throws IOException {
        return procStatus("Threads:");
    }

    /** Returns the number of open descriptors of the agent. */
    public long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(agent.pid()), "fd"))) {
            return open.count();
        }
    }

    /** Returns the sum of a metric of the agent over all its labels. */
    public double metric(String name) throws IOException {
        try (var in =
                URI.create("http://127.0.0.1:" + PORT + "/metrics").toURL().openStream()) {
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        }
    }

    /** Returns all files in the directories that the agent shares with others. */
    public List<String> files() throws IOException {
        try (Stream<Path> shared = Stream.of(kubelet.plugins(), folder.resolve("grant"), folder.resolve("cdi"))
                .flatMap(RealAgent::list)) {
            return shared.map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Override
    public void close() throws InterruptedException {
        agent.close();
        vms.close();
        client.close();
        kubelet.close();
        server.close();
    }

    private static Stream<Path> list(Path folder) {
        try {
            return Files.list(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long procStatus(String field) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(agent.pid()), "status")).stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    private HostProcess startAgent() {
        return HostProcess.start(
                "agent",
                List.of(
                        build.holdfast().toString(),
                        "agent",
                        "--node=" + GrantFixtures.NODE,
                        "--allow-emulation",
                        "--http-port=" + PORT,
                        "--sysfs=" + sysfs.root(),
                        "--procfs=" + vms.procfs(),
                        "--cgroups=" + vms.cgroups(),
                        "--device-plugins=" + kubelet.plugins(),
                        "--pod-resources=" + kubelet.podResources(),
                        "--plugins-registry=" + folder.resolve("registry"),
                        "--plugin-directory=" + folder.resolve("plugin"),
                        "--cdi=" + folder.resolve("cdi"),
                        "--grant-directory=" + folder.resolve("grant")),
                Map.of("KUBERNETES_MASTER", server.url(), "HOLDFAST_JAVA_OPTS", javaOptions),
                folder.resolve("agent.log"));
    }

    private static String optionsOf(Path daemonSet) throws IOException {
        return Files.readAllLines(daemonSet).stream()
                .map(String::strip)
                .filter(line -> line.startsWith("value: -Xm"))
                .map(line -> line.substring("value: ".length()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(daemonSet + " has no Java options"));
    }
}
