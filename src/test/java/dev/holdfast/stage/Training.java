package dev.holdfast.stage;

import dev.holdfast.agent.plugin.FakeKubelet;
import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughDeviceClass;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.embedded.MockApiServer;
import dev.holdfast.host.FakeSysfs;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Training runs of agent and launcher, which leave AOT caches in the distribution: lib/agent.aot and lib/launch.aot.
 * Classes that need not be read, checked and linked again make the start several times faster, most of all on an
 * emulated processor. The agent serves a mock cluster with one GPU; the launcher asks it for a grant and is refused.
 */
public final class Training {
    private static final String NODE = "training";
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String SHAPE = """
            {"namespace":"default","name":"vm","uuid":"00000000-0000-0000-0000-000000000000","allowEmulation":true,\
            "tcgBufferBytes":67108864,"cpuModel":"max","sockets":1,"cores":1,"threads":1,"memoryBytes":268435456,\
            "video":"NONE","devices":["gpu0"]}""";

    private final Build build;
    private final Path work;

    private Training(Build build, Path work) {
        this.build = build;
        this.work = work;
    }

    /** Does nothing when the caches are newer than the distribution; waits for a process that is just making them. */
    public static void ensure(Build build) {
        try {
            BuildLock.whileHolding(build, () -> {
                if (isStale(build.cache("agent")) || isStale(build.cache("launch"))) {
                    Path work = build.root().resolve("target/training");
                    Folders.empty(work);
                    new Training(build, work).run();
                }
            });
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("The AOT caches could not be made: " + e.getMessage(), e);
        }
    }

    private static boolean isStale(Path cache) throws IOException {
        Path jars = cache.resolveSibling("holdfast-" + Product.VERSION + ".jar");
        return Files.notExists(cache)
                || Files.getLastModifiedTime(cache).compareTo(Files.getLastModifiedTime(jars)) < 0;
    }

    private void run() throws IOException, InterruptedException {
        Files.deleteIfExists(build.cache("agent"));
        Files.deleteIfExists(build.cache("launch"));
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
                    var node = client.resources(PassthroughNode.class)
                            .withName(NODE)
                            .get();
                    return agent.isAlive()
                            && kubelet.knows(Names.resourceOf("gpu"))
                            && node != null
                            && node.getStatus() != null;
                });
                try (HostProcess launcher = start("launch", server, launchOptions())) {
                    launcher.await(LIMIT);
                }
                agent.terminate(LIMIT);
            }
        }
        for (String command : List.of("agent", "launch")) {
            if (Files.notExists(build.cache(command))) {
                throw new IOException("no " + build.cache(command) + " was written; see " + log(command));
            }
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
                "--cdi=" + work.resolve("cdi"),
                "--grant-directory=" + work.resolve("grant"));
    }

    private List<String> launchOptions() {
        return List.of(
                "--shape=" + SHAPE,
                "--grant-socket=" + work.resolve("grant/grant.sock"),
                "--dry-run-directory=" + work,
                "--termination-log=" + work.resolve("termination-log"));
    }

    private HostProcess start(String command, MockApiServer server, List<String> options) {
        List<String> line = new ArrayList<>(List.of(build.holdfast().toString(), command));
        line.addAll(options);
        return HostProcess.start(
                command,
                line,
                Map.of(
                        "KUBERNETES_MASTER",
                        server.url(),
                        "HOLDFAST_JAVA_OPTS",
                        "-XX:AOTCacheOutput=" + build.cache(command)),
                log(command));
    }

    private Path log(String command) {
        return work.resolve(command + ".log");
    }
}
