package dev.holdfast.agent.grant;

import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.grant.GrantSocket;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.Progress;
import dev.holdfast.testbed.apiserver.MockApiServer;
import dev.holdfast.testbed.fixtures.FakeCgroups;
import dev.holdfast.testbed.fixtures.FakeKubelet;
import dev.holdfast.testbed.fixtures.FakeProc;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
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

    private final Build build;
    private final Path folder;
    private final MockApiServer server = MockApiServer.start();
    private final KubernetesClient client = server.client();
    private final FakeKubelet kubelet;
    private final FakeSysfs sysfs;
    private final FakeCgroups cgroups;
    private final FakeProc proc;
    private final String javaOptions;
    private HostProcess agent;

    /** Launcher of its own pod, which waits for the command to send its request. */
    public final class Launcher implements AutoCloseable {
        private final String name;
        private final Process process;
        private final Path cgroup;
        private final long limitBytes;

        private Launcher(String name, Process process, Path cgroup, long limitBytes) {
            this.name = name;
            this.process = process;
            this.cgroup = cgroup;
            this.limitBytes = limitBytes;
        }

        /** Sends requests from now on, until it has its answer. */
        public void go() {
            try {
                process.getOutputStream().write('\n');
                process.getOutputStream().flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Waits for the answer; returns what is wrong with it. */
        public Optional<String> wrong() throws IOException {
            var answers = process.inputReader();
            String answer = answers.readLine();
            String kernels = answers.readLine();
            return answer != null
                            && answer.contains("granted")
                            && Long.toString(limitBytes).equals(kernels)
                    ? Optional.empty()
                    : Optional.of(
                            name + " must have " + limitBytes + ", got the answer " + answer + ", has " + kernels);
        }

        /** Ends the QEMU and frees the devices of its pod at the kubelet. */
        @Override
        public void close() {
            try {
                process.getOutputStream().close();
                process.onExit().join();
                kubelet.release(name);
                client.resources(PassthroughVM.class)
                        .inNamespace(GrantFixtures.NAMESPACE)
                        .withName(name)
                        .delete();
                client.pods()
                        .inNamespace(GrantFixtures.NAMESPACE)
                        .withName(name)
                        .delete();
                Folders.remove(proc.root().resolve(Long.toString(process.pid())));
                Folders.remove(cgroup);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * Starts the agent with the options of its DaemonSet.
     *
     * @param folder is emptied
     * @param gpus   number of GPUs on the bus, each in its own group
     */
    public RealAgent(Build build, Path folder, int gpus) throws IOException {
        this.build = build;
        this.folder = folder;
        Folders.empty(folder);
        kubelet = new FakeKubelet(folder);
        kubelet.start();
        sysfs = new FakeSysfs(folder.resolve("sys")).vfio();
        for (int i = 0; i < gpus; i++) {
            sysfs.function(gpu(i), "10de:20f1", "030200").driver("vfio-pci").group(i);
        }
        cgroups = new FakeCgroups(folder.resolve("cgroup"));
        proc = new FakeProc(folder.resolve("proc"));
        Path boot = Files.createDirectories(proc.root().resolve("sys/kernel/random"));
        Files.writeString(boot.resolve("boot_id"), "11111111-2222-3333-4444-555555555555\n");
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
                        spec: {selectors: [{vendorID: 10de}]}
                        """, PassthroughDeviceClass.class))
                .create();
        agent = startAgent();
        Progress.eventually("the agent has reported and offered").until(() -> {
            agent.checkAlive();
            return status().isPresent() && kubelet.devices(GrantFixtures.GPU).size() == gpus;
        });
    }

    /** Returns the address of a GPU. */
    public static String gpu(int number) {
        return "0000:%02x:00.0".formatted(number + 1);
    }

    /** Adds a VM and its pod with this GPU, and starts a launcher in it. */
    public Launcher launcher(String name, int gpu, long limitBytes) throws IOException {
        PassthroughVM vm = GrantFixtures.vm(null);
        vm.setMetadata(new ObjectMetaBuilder(vm.getMetadata()).withName(name).build());
        PassthroughVM made = client.resource(vm).create();
        Pod pod = client.resource(GrantFixtures.pod()
                        .editMetadata()
                        .withName(name)
                        .editFirstOwnerReference()
                        .withName(name)
                        .withUid(made.getMetadata().getUid())
                        .endOwnerReference()
                        .endMetadata()
                        .build())
                .create();
        String podUid = pod.getMetadata().getUid();
        pod.setStatus(GrantFixtures.pod().build().getStatus());
        client.resource(pod).updateStatus();
        made.setStatus(GrantFixtures.status(name, podUid, GrantFixtures.plan("Exact", limitBytes, limitBytes, false)));
        client.resource(made).updateStatus();
        kubelet.hold(GrantFixtures.NAMESPACE, name, GrantFixtures.GPU, gpu(gpu));
        Process process = new ProcessBuilder(
                        build.script("bench/launcher").toString(),
                        folder.resolve("grant").resolve(GrantSocket.NAME).toString(),
                        "{\"namespace\":\"%s\",\"name\":\"%s\"}".formatted(GrantFixtures.NAMESPACE, name))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        int pid = Math.toIntExact(process.pid());
        String cgroup = "kubepods/burstable/pod" + podUid;
        cgroups.put(pid, cgroup, GrantFixtures.CONTAINER_ID);
        proc.showFirst(pid, cgroup + "/" + GrantFixtures.CONTAINER_ID);
        return new Launcher(name, process, cgroups.root().resolve(cgroup), limitBytes);
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
                        "--procfs=" + proc.root(),
                        "--cgroups=" + cgroups.root(),
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
