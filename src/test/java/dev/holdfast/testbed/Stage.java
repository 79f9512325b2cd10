package dev.holdfast.testbed;

import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/**
 * A whole Holdfast: a cluster's control plane and the operator as processes of this host; kubelet and agent in the
 * virtual node. They meet only through the API server and, in the node, unix sockets.
 */
public final class Stage implements Testbed {
    /** The node's name. */
    public static final String NODE = "virtual-node";

    /** The namespace of operator and agent. */
    public static final String NAMESPACE = "holdfast";

    /** The last bound of a script that takes seconds on a quiet machine. */
    private static final Duration SCRIPT = Duration.ofMinutes(20);

    /** A container disk, for tests. */
    public static final String DISK_IMAGE = Product.image("demo-disk");

    private final Build build;
    private final Path work;
    private final Cluster cluster;
    private final ApiServer api;
    private final Progress progress;
    private HostProcess operator;
    private @Nullable VirtualNode node;

    private Stage(Build build, Path work, Cluster cluster) {
        this.build = build;
        this.work = work;
        this.cluster = cluster;
        api = new ApiServer(cluster.admin(), cluster.user());
        progress = Progress.of(Progress.logsBelow(work), this::aliveAndMoving);
        operator = startOperator();
    }

    /** Starts the cluster and the operator. The work folder is emptied first; a stage that others share ends. */
    public static Stage set(Build build, Path work, Cluster.Kind kind) {
        SharedStage.end();
        Folders.empty(work);
        Training.ensure(build);
        Path clusterWork = work.resolve("cluster");
        Folders.empty(clusterWork);
        return new Stage(build, work, kind.start(build, clusterWork));
    }

    public Cluster cluster() {
        return cluster;
    }

    @Override
    public String description() {
        return cluster.description();
    }

    /** With two processors, which are quicker for who has the machine to himself. */
    @Override
    public void bringUp(boolean guest) {
        if (guest) {
            buildGuest();
        }
        api.install(build.root().resolve("examples/device-classes.yaml"));
        cluster.deployAgent();
        bootNode(2);
    }

    /** Device classes, agent and node, unless a class before has brought them up, and two groups that are free. */
    public void ready() {
        if (node == null) {
            api.install(build.root().resolve("examples/device-classes.yaml"));
            cluster.deployAgent();
            bootNode();
        }
        await("the agent has reported two free groups").until(() -> api.freeGroups() == 2);
    }

    /** The agent's; the operator is on the host. */
    @Override
    public int podsOfHoldfast() {
        return 1;
    }

    @Override
    public ApiServer api() {
        return api;
    }

    public HostProcess operator() {
        return operator;
    }

    /** A new operator, for the one that was killed. */
    public void restartOperator() {
        operator.close();
        operator = startOperator();
    }

    private HostProcess startOperator() {
        List<String> command = new ArrayList<>(List.of(
                build.holdfast().toString(),
                "operator",
                "--allow-emulation",
                "--launcher-image",
                Product.LAUNCHER_IMAGE,
                "--http-port",
                "0"));
        command.addAll(cluster.operatorOptions());
        return HostProcess.start("operator", command, cluster.operatorEnvironment(), work.resolve("operator.log"));
    }

    /** Lets the kubelet start faster on the node, where every class costs; nothing to do when the build has not changed. */
    private void rehearseKubelet() {
        try {
            BuildLock.whileHolding(
                    build,
                    () -> run(
                            "rehearsal",
                            SCRIPT,
                            "embedded/rehearse",
                            "--project",
                            build.root().toString()));
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("The kubelet could not be rehearsed: " + e.getMessage(), e);
        }
    }

    /** Boots the node; its devices are prepared and its kubelet started as the machine comes up. */
    public VirtualNode bootNode() {
        return bootNode(1);
    }

    /** Starts a node with this number of processors: two are faster on an otherwise idle machine. */
    public VirtualNode bootNode(int cpus) {
        rehearseKubelet();
        Path images = work.resolve("node/images.json");
        // On the node the root of both is the node's own.
        Map<String, ?> product = Map.of(
                "root",
                "/",
                "mounts",
                Map.of("/opt/holdfast", build.distribution().toString()));
        Map<String, ?> guest = Map.of("root", guestImage().toString());
        Map<String, ?> disk = Map.of("root", diskImage().toString());
        Map<String, ?> roots = Map.of(
                Product.OPERATOR_IMAGE,
                product,
                Product.LAUNCHER_IMAGE,
                product,
                Product.DEMO_GUEST_IMAGE,
                guest,
                DISK_IMAGE,
                disk);
        Folders.write(images, Serialization.asJson(roots));
        List<String> command = new ArrayList<>(List.of(
                build.script("embedded/node-main").toString(),
                "--prepare",
                build.script("virtual-node/prepare-devices").toString(),
                "--project",
                build.root().toString(),
                "--",
                "--node",
                NODE,
                "--images",
                images.toString(),
                "--state",
                "/run/kubelet",
                "--logs",
                podLogs().toString()));
        command.addAll(cluster.kubeletOptions(work.resolve("node")));
        node = VirtualNode.boot(build, work.resolve("node"), cpus, command);
        return node;
    }

    /** Folder of the guest's kernel and initrd: the demo's container image. */
    public Path guestImage() {
        return work.resolve("node/guest-image");
    }

    /** Folder of the container disk of the tests: its files are theirs. */
    public Path diskImage() {
        return work.resolve("node/disk-image");
    }

    /** Makes the guest's image, for the VMs that boot a kernel. */
    public void buildGuest() {
        run(
                "guest image",
                SCRIPT,
                "virtual-node/build-guest",
                "--out",
                guestImage().toString());
    }

    /** Returns the last line of a script's output, the path of its result. */
    public String made(String what, Duration limit, String script) {
        return run(what, limit, script).lines().reduce("", (before, last) -> last);
    }

    private String run(String what, Duration limit, String script, String... arguments) {
        List<String> command = new ArrayList<>(List.of(build.script(script).toString()));
        command.addAll(List.of(arguments));
        Path log = work.resolve(what.replace(' ', '-') + ".log");
        try (HostProcess process = HostProcess.start(what, command, Map.of(), log)) {
            if (process.await(limit) != 0) {
                throw new IllegalStateException(what + " could not be made: " + Folders.read(log));
            }
        }
        return Folders.read(log);
    }

    /** In the folder that host and node share. */
    private Path podLogs() {
        return work.resolve("node/logs");
    }

    @Override
    public VirtualNode node() {
        return Objects.requireNonNull(node, "the node has not been booted");
    }

    @Override
    public void checkAlive() {
        cluster.checkAlive();
        operator.checkAlive();
        if (node != null) {
            node.checkAlive();
        }
    }

    @Override
    public String logs(String namespace, String pod) {
        Path log = podLogs().resolve(namespace + "_" + pod + ".log");
        return Files.exists(log) ? Folders.read(log) : "";
    }

    @Override
    public ConditionFactory await(String what) {
        return progress.await(what);
    }

    private List<?> aliveAndMoving() {
        checkAlive();
        return api.versions();
    }

    /** Unless another class may want it. */
    @Override
    public void close() {
        if (!SharedStage.is(this)) {
            end();
        }
    }

    /** Ends node, operator and cluster. */
    void end() {
        if (node != null) {
            node.close();
        }
        operator.close();
        cluster.close();
    }
}
