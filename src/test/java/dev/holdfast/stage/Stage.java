package dev.holdfast.stage;

import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughNodeStatus;
import dev.holdfast.api.PassthroughVM;
import dev.holdfast.api.PassthroughVMStatus;
import dev.holdfast.embedded.ControlPlane;
import dev.holdfast.embedded.MockApiServer;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/**
 * A whole Holdfast: API server, scheduler and operator as processes of this host; kubelet and agent in the virtual node.
 * They meet only through the API server and, in the node, unix sockets.
 */
public final class Stage implements AutoCloseable {
    /** The node's name. */
    public static final String NODE = "virtual-node";

    /** The namespace of operator and agent. */
    public static final String NAMESPACE = "holdfast";

    private static final String IMAGE = "holdfast:0.1.0";
    private static final String GUEST_IMAGE = "holdfast/demo-guest:latest";

    /** The host's loopback, seen from the node (QEMU's user network). */
    private static final String HOST_SEEN_FROM_NODE = "10.0.2.2";

    private final Build build;
    private final Path work;
    private final HostProcess controlPlane;
    private final String apiServer;
    private final KubernetesClient client;
    private HostProcess operator;
    private @Nullable VirtualNode node;

    private Stage(Build build, Path work) {
        this.build = build;
        this.work = work;
        Path ready = work.resolve("control-plane.ready");
        controlPlane = HostProcess.start(
                "control plane",
                build.java(
                        ControlPlane.class,
                        "--port",
                        "0",
                        "--ready-file",
                        ready.toString(),
                        "--refuse-vm-status-while",
                        vmStatusIsDown().toString()),
                Map.of(),
                work.resolve("control-plane.log"));
        within(Duration.ofSeconds(60), "the API server is up").until(() -> Files.exists(ready));
        apiServer = read(ready).strip();
        client = MockApiServer.client(apiServer);
        operator = startOperator();
    }

    /** Starts API server, scheduler and operator. The work folder is emptied first. */
    public static Stage set(Build build, Path work) {
        Folders.empty(work);
        Training.ensure(build, work.resolve("training"));
        return new Stage(build, work);
    }

    public KubernetesClient client() {
        return client;
    }

    public HostProcess operator() {
        return operator;
    }

    /** While this file exists, the API server refuses every write of a VM's status. */
    public Path vmStatusIsDown() {
        return work.resolve("vm-status-is-down");
    }

    /** A new operator, for the one that was killed. */
    public void restartOperator() {
        operator.close();
        operator = startOperator();
    }

    private HostProcess startOperator() {
        return HostProcess.start(
                "operator",
                List.of(
                        build.holdfast().toString(),
                        "operator",
                        "--allow-emulation",
                        "--launcher-image",
                        IMAGE,
                        "--http-port",
                        "0"),
                Map.of("KUBERNETES_MASTER", apiServer, "KUBERNETES_NAMESPACE", NAMESPACE),
                work.resolve("operator.log"));
    }

    /** The agent's DaemonSet as it is shipped, but for emulation being allowed, as the node has no KVM. */
    public void deployAgent() {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(NAMESPACE)
                        .endMetadata()
                        .build())
                .create();
        DaemonSet agent =
                Serialization.unmarshal(read(build.root().resolve("deploy/agent-daemonset.yaml")), DaemonSet.class);
        agent.getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getArgs()
                .add("--allow-emulation");
        client.resource(agent).create();
    }

    /** Lets the kubelet start faster on the node, where every class costs; nothing to do when the build has not changed. */
    private void rehearseKubelet() {
        run(
                "rehearsal",
                Duration.ofMinutes(3),
                "embedded/rehearse",
                "--project",
                build.root().toString());
    }

    /** Boots the node; its devices are prepared and its kubelet started as the machine comes up. */
    public VirtualNode bootNode() {
        rehearseKubelet();
        Path images = work.resolve("node/images.json");
        Map<String, ?> product = Map.of(
                "root",
                "/",
                "mounts",
                Map.of("/opt/holdfast", build.distribution().toString()));
        Map<String, ?> guest = Map.of("root", guestImage().toString());
        write(images, Serialization.asJson(Map.of(IMAGE, product, GUEST_IMAGE, guest)));
        node = VirtualNode.boot(
                build,
                work.resolve("node"),
                List.of(
                        build.script("embedded/node-main").toString(),
                        "--prepare",
                        build.script("virtual-node/prepare-devices").toString(),
                        "--project",
                        build.root().toString(),
                        "--",
                        "--api",
                        "http://" + HOST_SEEN_FROM_NODE + ":"
                                + URI.create(apiServer).getPort(),
                        "--node",
                        NODE,
                        "--images",
                        images.toString(),
                        "--state",
                        "/run/kubelet",
                        "--logs",
                        podLogs().toString()));
        return node;
    }

    /** Folder of the guest's kernel and initrd: the demo's container image. */
    public Path guestImage() {
        return work.resolve("node/guest-image");
    }

    /** Makes the guest's image, for the VMs that boot a kernel. */
    public void buildGuest() {
        run(
                "guest image",
                Duration.ofMinutes(2),
                "virtual-node/build-guest",
                "--out",
                guestImage().toString());
    }

    private void run(String what, Duration limit, String script, String... arguments) {
        List<String> command = new ArrayList<>(List.of(build.script(script).toString()));
        command.addAll(List.of(arguments));
        Path log = work.resolve(what.replace(' ', '-') + ".log");
        try (HostProcess process = HostProcess.start(what, command, Map.of(), log)) {
            if (process.await(limit) != 0) {
                throw new IllegalStateException(what + " could not be made: " + read(log));
            }
        }
    }

    /** In the folder that host and node share. */
    private Path podLogs() {
        return work.resolve("node/logs");
    }

    public VirtualNode node() {
        return Objects.requireNonNull(node, "the node has not been booted");
    }

    /** Creates every object of a file. */
    public void apply(Path file) {
        client.load(new java.io.ByteArrayInputStream(read(file).getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .items()
                .forEach(this::apply);
    }

    public void apply(HasMetadata object) {
        client.resource(object).create();
    }

    public Optional<PassthroughVM> vm(String name) {
        return Optional.ofNullable(client.resources(PassthroughVM.class)
                .inNamespace("default")
                .withName(name)
                .get());
    }

    public Optional<Pod> pod(String name) {
        return Optional.ofNullable(
                client.pods().inNamespace("default").withName(name).get());
    }

    public Optional<PassthroughNode> passthroughNode() {
        return Optional.ofNullable(
                client.resources(PassthroughNode.class).withName(NODE).get());
    }

    public boolean nodeIsReady() {
        checkAlive();
        var found = client.nodes().withName(NODE).get();
        return found != null
                && found.getStatus() != null
                && found.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }

    /** How many IOMMU groups could be handed out now. */
    public long freeGroups() {
        return passthroughNode().map(PassthroughNode::getStatus).map(PassthroughNodeStatus::devices).stream()
                .flatMap(List::stream)
                .filter(device -> device.state() == PassthroughNodeStatus.State.Free)
                .map(PassthroughNodeStatus.Device::groupID)
                .distinct()
                .count();
    }

    /** A condition of a VM, when it has a status yet. */
    public Optional<Condition> condition(String vm, String type) {
        return vm(vm).map(PassthroughVM::getStatus).map(PassthroughVMStatus::conditions).stream()
                .flatMap(List::stream)
                .filter(condition -> type.equals(condition.getType()))
                .findFirst();
    }

    /** Ends a wait that would be in vain because a process has died. */
    public void checkAlive() {
        for (HostProcess process : List.of(controlPlane, operator)) {
            if (!process.isAlive()) {
                throw new IllegalStateException(process.name() + " has ended: " + tail(process.log()));
            }
        }
        if (node != null && !node.isRunning()) {
            throw new IllegalStateException("the virtual node has ended: " + tail(node.log()));
        }
    }

    /** Ends a wait that would be in vain because the VM's pod failed or started again. */
    public void checkNotFailed(String vm) {
        vm(vm).map(PassthroughVM::getStatus)
                .filter(status -> status.phase() == PassthroughVMStatus.Phase.Failed
                        || Objects.requireNonNullElse(status.restarts(), 0) > 0)
                .ifPresent(status -> {
                    throw new IllegalStateException("the VM failed: " + status.conditions());
                });
    }

    private static String tail(String log) {
        return log.substring(Math.max(0, log.length() - 2000));
    }

    /** What a pod's container has printed: `kubectl logs`. */
    public String logs(String namespace, String pod) {
        Path log = podLogs().resolve(namespace + "_" + pod + ".log");
        return Files.exists(log) ? read(log) : "";
    }

    /** The log of the agent's pod, whatever its name. */
    public String agentLog() {
        return client.pods().inNamespace(NAMESPACE).list().getItems().stream()
                .map(pod -> logs(NAMESPACE, pod.getMetadata().getName()))
                .reduce("", String::concat);
    }

    /** Waits for something that takes its time in an emulated machine, and says what it waited for when in vain. */
    public static ConditionFactory within(Duration limit, String what) {
        return Awaitility.await(what).atMost(limit).pollInterval(Duration.ofMillis(250));
    }

    @Override
    public void close() {
        if (node != null) {
            node.close();
        }
        operator.close();
        client.close();
        controlPlane.close();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
