package dev.holdfast.testbed;

import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.launch.GrantClient;
import dev.holdfast.testbed.apiserver.MockApiServer;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import dev.holdfast.testbed.fixtures.FakeKubelet;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * Training runs of the commands, each of which leaves an AOT cache. Classes that need not be read, checked and linked
 * again make the start several times faster, most of all on an emulated processor. The agent serves a mock cluster with
 * one GPU; the launcher measures, gets a grant and wants to become QEMU; the operator starts and ends a VM; render, memlock,
 * import and devices, which users run by hand, share a cache.
 *
 * <p>The stage keeps those of agent and launcher in the distribution. The images have their own caches, created by
 * {@link #main} in a stage of the Dockerfile, since a cache is valid for one JDK and one path.
 */
public final class Training {
    private static final String NODE = "training";
    /** Node of the VM's pod, whose agent is played: the launcher of the agent in training gets no grant. */
    private static final String GRANTING_NODE = "granting";

    /** A process writes its cache when it ends, which takes minutes on a machine that has too much to do. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    /** A limit that every process has. */
    private static final long LIMIT_BYTES = 64 << 10;

    private static final String SHAPE = """
            {"namespace":"default","name":"vm","uuid":"00000000-0000-0000-0000-000000000000","allowEmulation":true,\
            "tcgBufferBytes":67108864,"cpuModel":"max","sockets":1,"cores":1,"threads":1,"memoryBytes":268435456,\
            "video":"NONE","devices":["gpu0"]}""";

    private static final String VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {namespace: default, name: vm}
            spec:
              memory: {guest: 256Mi}
              devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/gpu}]}
            """;
    private static final String DOMAIN = """
            <domain type='kvm'>
              <name>vm</name>
              <memory unit='MiB'>256</memory>
              <vcpu>1</vcpu>
              <os><type arch='x86_64' machine='q35'>hvm</type></os>
              <devices>
                <hostdev mode='subsystem' type='pci' managed='yes'>
                  <source><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source>
                </hostdev>
              </devices>
            </domain>
            """;

    private static final List<String> OPERATOR_OPTIONS = List.of(
            "--leader-elect",
            "--leader-elect-namespace=default",
            "--launcher-image=holdfast-launcher",
            "--instance=training",
            "--http-port=0");
    /** The cache of the commands that users run by hand. */
    private static final String COMMANDS = "commands";

    private static final List<String> OF_THE_STAGE = List.of("agent", "launch");
    private static final List<String> OF_THE_IMAGES = List.of("agent", "launch", "operator", COMMANDS);

    private final Path holdfast;
    private final Path caches;
    private final Path work;

    private Training(Path holdfast, Path caches, Path work) {
        this.holdfast = holdfast;
        this.caches = caches;
        this.work = work;
    }

    /**
     * Makes the caches of the images.
     *
     * @param arguments the distribution, and the folder where the caches go
     */
    public static void main(String... arguments) throws IOException, InterruptedException {
        Path caches = Files.createDirectories(Path.of(arguments[1]));
        Path work = Files.createTempDirectory("training");
        new Training(Path.of(arguments[0], "bin/holdfast"), caches, work).run(OF_THE_IMAGES);
        Folders.remove(work);
    }

    /** Does nothing when the caches are newer than the distribution; waits for a process that is just making them. */
    public static void ensure(Build build) {
        ensure(build, OF_THE_STAGE);
    }

    /** As {@link #ensure(Build)}, with the commands that only the images have caches of. */
    public static void ensureAsInImages(Build build) {
        ensure(build, OF_THE_IMAGES);
    }

    private static void ensure(Build build, List<String> commands) {
        try {
            BuildLock.whileHolding(build, () -> {
                if (isStale(build, commands)) {
                    Path work = build.root().resolve("target/training");
                    Folders.empty(work);
                    new Training(build.holdfast(), build.libraries(), work).run(commands);
                }
            });
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("The AOT caches could not be made: " + e.getMessage(), e);
        }
    }

    private static boolean isStale(Build build, List<String> commands) throws IOException {
        FileTime made = Files.getLastModifiedTime(build.jar());
        for (String command : commands) {
            Path cache = cache(build.libraries(), command);
            if (Files.notExists(cache) || Files.getLastModifiedTime(cache).compareTo(made) < 0) {
                return true;
            }
        }
        return false;
    }

    private void run(List<String> commands) throws IOException, InterruptedException {
        for (String command : commands) {
            Files.deleteIfExists(cache(caches, command));
        }
        Path cgroups = Files.createDirectories(work.resolve("cgroup"));
        Files.createFile(cgroups.resolve("cgroup.controllers"));
        Files.createDirectory(cgroups.resolve("kubepods"));
        FakeSysfs sysfs = new FakeSysfs(work.resolve("sys")).vfio();
        sysfs.function("0000:01:00.0", "1234:1111", "038000").driver("vfio-pci").group(1);
        try (MockApiServer server = MockApiServer.start();
                KubernetesClient client = server.client();
                FakeKubelet kubelet = new FakeKubelet(work)) {
            kubelet.start();
            prepare(client);
            try (HostProcess agent = start("agent", server, agentOptions(kubelet, sysfs, cgroups))) {
                Progress.eventually("the agent in training has reported").until(() -> {
                    agent.checkAlive();
                    var node = client.resources(PassthroughNode.class)
                            .withName(NODE)
                            .get();
                    return kubelet.knows(Names.resourceOf("gpu")) && node != null && node.getStatus() != null;
                });
                launch(server);
                if (commands.contains("operator")) {
                    operate(server, client);
                }
                if (commands.contains(COMMANDS)) {
                    runByHand(server, sysfs);
                }
                agent.terminate(LIMIT);
            }
        }
        for (String command : commands) {
            if (Files.notExists(cache(caches, command))) {
                throw new IOException("no %s was written; %s ended with: %s"
                        .formatted(cache(caches, command), command, Folders.read(log(command))));
            }
        }
    }

    /**
     * The launcher's own agent grants: the one in training has no pod for it, and refuses what it is asked here. Ends when
     * the launcher wants to become a QEMU that is gone.
     */
    private void launch(MockApiServer server) throws IOException {
        new GrantClient(work.resolve("grant/grant.sock"), LIMIT).ask(new GrantRequest("default", "vm", null));
        DryRunQemu.install(work.resolve("bin"));
        GrantAnswer.Granted grant = new GrantAnswer.Granted(
                LIMIT_BYTES, List.of(new GrantAnswer.NamedDevice("gpu0", List.of("0000:01:00.0"))));
        try (GrantingAgent agent = new GrantingAgent(work.resolve("granting.sock"), grant);
                HostProcess launcher = start("launch", server, launchOptions())) {
            launcher.await(LIMIT);
        }
        if (Files.notExists(work.resolve("termination-log"))
                || !Files.readString(work.resolve("termination-log")).contains("qemu-system-x86_64")) {
            throw new IOException("the launcher in training did not come to QEMU: " + Folders.read(log("launch")));
        }
    }

    /** The whole life of a VM: a pod, a node, a grant, and its end. What is not used here is loaded while users wait for it. */
    private void operate(MockApiServer server, KubernetesClient client) {
        var vms = client.resources(PassthroughVM.class).inNamespace("default");
        var pods = client.pods().inNamespace("default");
        client.resource(Serialization.unmarshal(VM, PassthroughVM.class)).create();
        try (HostProcess operator = start("operator", server, OPERATOR_OPTIONS)) {
            eventually(
                    operator,
                    "the operator in training has made a pod and reported",
                    () -> pods.withName("vm").get() != null
                            && vms.withName("vm").get().getStatus() != null);
            pods.withName("vm")
                    .edit(pod -> new PodBuilder(pod)
                            .editSpec()
                            .withNodeName(GRANTING_NODE)
                            .endSpec()
                            .build());
            pods.withName("vm").editStatus(Training::running);
            grant(client, vms.withName("vm").get());
            eventually(
                    operator,
                    "the VM in training runs",
                    () -> vms.withName("vm").get().getStatus().phase() == Phase.Running);
            vms.withName("vm").delete();
            eventually(
                    operator,
                    "the VM in training is gone",
                    () -> vms.withName("vm").get() == null);
            operator.terminate(LIMIT);
        }
    }

    private static void eventually(HostProcess process, String what, Callable<Boolean> holds) {
        Progress.eventually(what).until(() -> {
            process.checkAlive();
            return holds.call();
        });
    }

    private static Pod running(Pod pod) {
        return new PodBuilder(pod)
                .withNewStatus()
                .withPhase("Running")
                .withPodIP("10.1.2.3")
                .addNewContainerStatus()
                .withName(Names.QEMU_CONTAINER)
                .withReady(true)
                .withNewState()
                .withNewRunning()
                .withStartedAt(Instant.now().toString())
                .endRunning()
                .endState()
                .endContainerStatus()
                .endStatus()
                .build();
    }

    /** The report of an agent that has applied the planned limit. */
    private static void grant(KubernetesClient client, PassthroughVM vm) {
        long limit = Objects.requireNonNull(
                Objects.requireNonNull(vm.getStatus().memlock()).limitBytes());
        PassthroughNode node = new PassthroughNode();
        node.setMetadata(new ObjectMetaBuilder().withName(GRANTING_NODE).build());
        client.resource(node).create();
        node.setStatus(new PassthroughNodeStatus(
                "boot",
                null,
                List.of(DeviceBuilder.at("0000:01:00.0")
                        .group(1, "0000:01:00.0", "0000:01:00.0")
                        .deviceClass("gpu")
                        .state(DeviceState.Allocated)
                        .build()),
                List.of(new Grant(
                        Objects.requireNonNull(vm.getStatus().podUID()),
                        new VmReference("default", "vm", vm.getMetadata().getUid()),
                        1,
                        1,
                        List.of(new GrantedDevice("gpu0", List.of("0000:01:00.0"), 1, null)),
                        limit,
                        null,
                        limit,
                        limit,
                        limit,
                        Instant.now().toString()))));
        client.resource(node).updateStatus();
    }

    /** All of them in one process. The devices of this host are shown too, as those of another host are read in another way. */
    private void runByHand(MockApiServer server, FakeSysfs sysfs) throws IOException {
        String vm = Files.writeString(work.resolve("vm.yaml"), VM).toString();
        String domain = Files.writeString(work.resolve("domain.xml"), DOMAIN).toString();
        List<String> words = Stream.of(
                        List.of("--", "render", "-f", vm),
                        List.of("then", "memlock", "-f", vm),
                        List.of("then", "memlock", "--domain-xml", domain),
                        List.of("then", "import", "-f", domain),
                        List.of("then", "devices", "--sysfs", sysfs.root().toString()),
                        List.of("then", "devices"),
                        List.of("then", "--help"))
                .flatMap(List::stream)
                .toList();
        try (HostProcess commands = start("train", COMMANDS, server, words)) {
            commands.await(LIMIT);
        }
    }

    private static void prepare(KubernetesClient client) {
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(NODE)
                        .endMetadata()
                        .build())
                .create();
        client.resource(Serialization.unmarshal("""
                        apiVersion: holdfast.dev/v1alpha1
                        kind: PassthroughDeviceClass
                        metadata: {name: gpu}
                        spec: {selectors: [{vendorID: "1234"}]}
                        """, PassthroughDeviceClass.class))
                .create();
    }

    private List<String> agentOptions(FakeKubelet kubelet, FakeSysfs sysfs, Path cgroups) {
        return List.of(
                "--node=" + NODE,
                "--allow-emulation",
                "--http-port=0",
                "--sysfs=" + sysfs.root(),
                "--cgroups=" + cgroups,
                "--device-plugins=" + kubelet.plugins(),
                "--pod-resources=" + kubelet.podResources(),
                "--plugins-registry=" + work.resolve("registry"),
                "--plugin-directory=" + work.resolve("plugin"),
                "--cdi=" + work.resolve("cdi"),
                "--grant-directory=" + work.resolve("grant"));
    }

    private List<String> launchOptions() {
        return List.of(
                "--shape=" + SHAPE,
                "--grant-socket=" + work.resolve("granting.sock"),
                "--kvm=" + work.resolve("kvm"),
                "--dry-run-directory=" + work,
                "--termination-log=" + work.resolve("termination-log"));
    }

    private HostProcess start(String command, MockApiServer server, List<String> options) {
        return start(command, command, server, options);
    }

    private HostProcess start(String command, String cache, MockApiServer server, List<String> options) {
        List<String> line = new ArrayList<>(List.of(holdfast.toString(), command));
        line.addAll(options);
        return HostProcess.start(
                command,
                line,
                Map.of(
                        "PATH",
                        work.resolve("bin") + ":" + System.getenv("PATH"),
                        "KUBERNETES_MASTER",
                        server.url(),
                        "HOLDFAST_JAVA_OPTS",
                        "-XX:AOTCacheOutput=" + cache(caches, cache)),
                log(cache));
    }

    /** Returns the path of a command's cache, which the distribution's script uses if it exists. */
    private static Path cache(Path folder, String command) {
        return folder.resolve(command + ".aot");
    }

    private Path log(String command) {
        return work.resolve(command + ".log");
    }
}
