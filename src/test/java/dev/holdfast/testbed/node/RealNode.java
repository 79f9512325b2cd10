package dev.holdfast.testbed.node;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.ApiServer;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.Progress;
import dev.holdfast.testbed.Testbed;
import dev.holdfast.testbed.VirtualNode;
import dev.holdfast.testbed.cluster.ControlPlaneOptions;
import dev.holdfast.testbed.cluster.Identity;
import dev.holdfast.testbed.cluster.Kubectl;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.RealControlPlane;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of one node on which all is real but the hardware: control plane, kubelet, containerd, CNI, and Holdfast
 * installed by {@code kubectl apply -k} from the images that {@code make image} has left. The node is the virtual one,
 * so the processor is emulated, and the kernel and its VFIO are real.
 *
 * <p>The namespace {@code default}, which has the user's VMs, enforces the Pod Security level <em>restricted</em>.
 */
public final class RealNode implements Testbed {
    /** The node's name. */
    public static final String NAME = "virtual-node";

    static final int KUBELET_PORT = 10250;

    /** IOMMU groups that a VM can have: {@code src/test/virtual-node/prepare-devices}. */
    private static final int GROUPS = 2;

    private final Build build;
    private final Path work;
    private final NodeTunnel tunnel;
    private final RealCluster cluster;
    private final NodeParts parts;
    private final int kubeletPort;
    private final Setup setup;
    private final ApiServer api;
    private final Progress progress;
    private @Nullable VirtualNode node;

    private RealNode(Build build, Path work, Setup setup) {
        this.build = build;
        this.work = work;
        this.setup = setup;
        parts = NodeParts.prepared(build);
        // Only now, as what it takes to make the parts may be minutes.
        kubeletPort = RealControlPlane.freePort();
        tunnel = NodeTunnel.open(kubeletPort);
        cluster = startCluster();
        api = new ApiServer(cluster.admin(), cluster.user("edit", "default"));
        progress = Progress.of(Progress.logsBelow(work), this::aliveAndMoving);
    }

    /**
     * Properties in which nodes differ.
     *
     * @param cpus          of the machine
     * @param memoryMib     of the machine
     * @param kubelet       lines that are added to the kubelet's configuration
     * @param kustomization Holdfast, as it is to be installed; null when the test installs it
     * @param keepsDisk     whether what kubelet and containerd have written is there again after a {@link #reboot}
     */
    public record Setup(
            int cpus,
            int memoryMib,
            String kubelet,
            @Nullable Path kustomization,
            boolean keepsDisk) {
        /** With a disk whose changes go with the boot. */
        public Setup(int cpus, int memoryMib, String kubelet, Path kustomization) {
            this(cpus, memoryMib, kubelet, kustomization, false);
        }

        /** One processor, the kubelet's defaults, and Holdfast as it is shipped but for what emulation needs. */
        public static Setup usual(Build build) {
            return new Setup(1, 6144, "", build.script("real-node/overlay"));
        }

        /** Returns these properties with Holdfast from another kustomization, or without it. */
        public Setup with(@Nullable Path other) {
            return new Setup(cpus, memoryMib, kubelet, other, keepsDisk);
        }

        /** Returns these properties with a disk that is kept over a {@link #reboot}. */
        public Setup keepingDisk() {
            return new Setup(cpus, memoryMib, kubelet, kustomization, true);
        }
    }

    /** Starts the control plane and installs Holdfast; {@link #bringUp} boots the node. Empties the folder. */
    public static RealNode withControlPlane(Build build, Path work, Setup setup) {
        Folders.empty(work);
        return new RealNode(build, work, setup);
    }

    /** Starts the node too, and returns when agent and operator are ready and the agent has reported. */
    public static RealNode start(Build build, Path work, Setup setup) {
        RealNode started = withControlPlane(build, work, setup);
        try {
            started.bringUp(true);
            started.awaitInstalled();
        } catch (RuntimeException | Error e) {
            started.close();
            throw e;
        }
        return started;
    }

    private RealCluster startCluster() {
        Path clusterWork = work.resolve("cluster");
        Folders.empty(clusterWork);
        KubeletClientCertificate certificate = KubeletClientCertificate.make(clusterWork);
        Path egress = Folders.write(clusterWork.resolve("egress.yaml"), tunnel.egressSelectorConfiguration());
        RealCluster started = RealCluster.start(
                build,
                clusterWork,
                setup.kustomization(),
                new ControlPlaneOptions(
                        List.of(
                                "--egress-selector-config-file=" + egress,
                                "--kubelet-client-certificate=" + certificate.certificate(),
                                "--kubelet-client-key=" + certificate.key(),
                                "--kubelet-preferred-address-types=InternalIP"),
                        List.of()));
        started.kubectl()
                .run("label", "namespace", "default", "pod-security.kubernetes.io/enforce=restricted", "--overwrite");
        if (setup.kustomization() != null) {
            applyDeviceClasses(started.kubectl());
        }
        return started;
    }

    /** The classes of the node's devices: {@code examples/device-classes.yaml}. */
    public void applyDeviceClasses() {
        applyDeviceClasses(kubectl());
    }

    private void applyDeviceClasses(Kubectl kubectl) {
        kubectl.run(
                "apply",
                "--server-side",
                "--force-conflicts",
                "-f",
                build.root().resolve("examples/device-classes.yaml").toString());
    }

    /** Classes and agent are installed already, and the images are on the node's disk. */
    @Override
    public void bringUp(boolean guest) {
        Path settings = work.resolve("node");
        try {
            Files.createDirectories(settings);
            Path ca = settings.resolve("ca.crt");
            Files.copy(cluster.controlPlane().certificate(), ca);
            cluster.controlPlane().writeKubeconfigForNode(settings.resolve("kubelet.kubeconfig"), ca, Identity.NODE);
            Files.copy(work.resolve("cluster/kubelet-client.crt"), settings.resolve("kubelet-client.crt"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Folders.write(
                settings.resolve("api-port"),
                Integer.toString(cluster.controlPlane().port()));
        Folders.write(settings.resolve("kubelet-additions.yaml"), setup.kubelet());
        if (setup.keepsDisk()) {
            copySparse(parts.disk(), keptDisk());
        }
        bootMachine(settings);
    }

    /**
     * A power cut, and another boot with the same control plane: all processes end at once, and the disk is as it was at
     * that moment. Returns when the machine begins to boot.
     */
    public void reboot() {
        if (!setup.keepsDisk()) {
            throw new IllegalStateException("this node forgets its disk; set it up with Setup.keepingDisk()");
        }
        // The file system has no journal, so what is on the disk has to be whole before the power goes.
        node().exec("fsfreeze", "--freeze", "/mnt/disk").orThrow();
        node().close();
        bootMachine(work.resolve("node"));
    }

    private void bootMachine(Path settings) {
        node = VirtualNode.boot(
                build,
                settings,
                List.of(
                        // All classes of a run together, on a busy host too.
                        "--timeout",
                        "28800",
                        "--cpus",
                        Integer.toString(setup.cpus()),
                        "--memory",
                        Integer.toString(setup.memoryMib()),
                        setup.keepsDisk() ? "--kept-disk" : "--disk",
                        (setup.keepsDisk() ? keptDisk() : parts.disk()).toString(),
                        "--forward",
                        kubeletPort + ":" + KUBELET_PORT),
                List.of(
                        build.script("real-node/node-start").toString(),
                        "--settings",
                        settings.toString(),
                        "--cluster",
                        parts.cluster().toString(),
                        "--runtime",
                        parts.runtime().toString(),
                        "--kubelet-config",
                        settings.resolve("kubelet-additions.yaml").toString()));
    }

    private Path keptDisk() {
        return work.resolve("disk.ext4");
    }

    /** Six gigabytes, of which a fifth is there. */
    private static void copySparse(Path from, Path to) {
        try {
            Process copy = new ProcessBuilder("cp", "--sparse=always", "--reflink=auto", from.toString(), to.toString())
                    .inheritIO()
                    .start();
            if (copy.waitFor() != 0) {
                throw new IllegalStateException("The node's disk was not copied to " + to + "; see the lines above");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the node's disk was copied", e);
        }
    }

    /** Returns when agent and operator are ready, and the kubelet offers the devices. */
    public void awaitInstalled() {
        await("the kubelet has registered the node, and it is ready").until(api::nodeIsReady);
        await("agent and operator are ready").until(this::holdfastIsReady);
        // Later than the agent's report: a VM that came before would have the scheduler's Warning.
        await("the kubelet offers both devices").until(this::offersDevices);
        awaitClean();
    }

    /** Returns whether the Node's allocatable has the devices of both classes. */
    public boolean offersDevices() {
        Quantity one = new Quantity("1");
        Map<String, Quantity> offered = allocatable();
        return one.equals(offered.get(NodeVms.DEMO_GPU)) && one.equals(offered.get(NodeVms.RADEON));
    }

    /** The Node's allocatable; empty before the kubelet has registered it. */
    public Map<String, Quantity> allocatable() {
        return Optional.ofNullable(api.admin().nodes().withName(NAME).get())
                .map(found -> found.getStatus().getAllocatable())
                .orElse(Map.of());
    }

    /** Returns whether agent and operator are ready: all pods of the namespace, and at least one of each. */
    public boolean holdfastIsReady() {
        List<Pod> pods = api.holdfastsPods();
        return pods.size() == podsOfHoldfast() && pods.stream().allMatch(RealNode::isReady);
    }

    public static boolean isReady(Pod pod) {
        return pod.getStatus().getConditions().stream()
                .anyMatch(condition -> "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }

    @Override
    public ApiServer api() {
        return api;
    }

    public RealCluster cluster() {
        return cluster;
    }

    /** Returns kubectl with the rights of the administrator. */
    public Kubectl kubectl() {
        return cluster.kubectl();
    }

    /** Returns kubectl with the rights of the user: the role {@code edit} in the namespace {@code default}. */
    public Kubectl userKubectl() {
        return cluster.controlPlane().kubectl(Identity.USER);
    }

    /** To look at the node from inside, past Kubernetes. */
    @Override
    public VirtualNode node() {
        return Objects.requireNonNull(node, "the node has not been booted");
    }

    @Override
    public String description() {
        return "a real control plane and a real kubelet, Kubernetes "
                + cluster.admin().getKubernetesVersion().getGitVersion() + ", with containerd";
    }

    @Override
    public String logs(String namespace, String pod) {
        return kubectl().attempt("logs", "--namespace=" + namespace, pod).out();
    }

    /** The agent and one replica of the operator. */
    @Override
    public int podsOfHoldfast() {
        return 2;
    }

    /** Stops, starts or restarts {@code kubelet} or {@code containerd}; see src/test/real-node/daemon. */
    public void daemon(String action, String name) {
        node().exec(build.script("real-node/daemon").toString(), action, name).orThrow();
    }

    /** The folder of this boot: {@code cluster} and {@code node}, with their logs. */
    public Path work() {
        return work;
    }

    /** Runs containerd's own client on the node, among the kubelet's images. */
    public String ctr(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(parts.runtime().resolve("ctr").toString(), "--namespace", "k8s.io"));
        command.addAll(List.of(arguments));
        return node().exec(command.toArray(String[]::new)).orThrow();
    }

    /** The image of VM pods that do not name another. */
    public String launcherImage() {
        return cluster
                .admin()
                .apps()
                .deployments()
                .inNamespace(RealCluster.NAMESPACE)
                .withName(Names.OPERATOR)
                .get()
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getEnv()
                .stream()
                .filter(variable -> variable.getName().equals("LAUNCHER_IMAGE"))
                .map(EnvVar::getValue)
                .findFirst()
                .orElseThrow();
    }

    /** The process of a pod's QEMU, by the pod's cgroup; empty before it is there. */
    public Optional<Long> qemuPid(String podUid) {
        String pids = node().exec(
                        "sh",
                        "-c",
                        "for p in $(cat /sys/fs/cgroup/kubepods/*/pod" + podUid + "/*/cgroup.procs"
                                + " /sys/fs/cgroup/kubepods/pod" + podUid + "/*/cgroup.procs 2>/dev/null); do"
                                + " grep -q '^qemu' /proc/$p/comm 2>/dev/null && echo $p; done; true")
                .orThrow();
        return pids.lines().map(Long::valueOf).findFirst();
    }

    /** The log of the pod of Holdfast whose name begins so; empty while there is none. */
    public String holdfastLogs(String prefix) {
        return api.holdfastsPods().stream()
                .map(pod -> pod.getMetadata().getName())
                .filter(name -> name.startsWith(prefix))
                .map(name -> logs(RealCluster.NAMESPACE, name))
                .collect(Collectors.joining());
    }

    /** The agent's metrics page, from the node. */
    public String agentMetrics() {
        Pod agent = api.holdfastsPods().stream()
                .filter(pod -> pod.getMetadata().getName().startsWith("holdfast-agent-"))
                .findFirst()
                .orElseThrow();
        return node().exec(
                        "busybox", "wget", "-qO-", "http://" + agent.getStatus().getPodIP() + ":8080/metrics")
                .orThrow();
    }

    /** Deletes all VMs of the user, and waits until nothing of them is left and all devices are free. */
    public void clean() {
        cluster.admin().resources(PassthroughVM.class).inNamespace("default").delete();
        awaitClean();
    }

    private void awaitClean() {
        await("no VM and no pod is left, and all devices are free")
                .until(() -> cluster.admin()
                                .resources(PassthroughVM.class)
                                .inNamespace("default")
                                .list()
                                .getItems()
                                .isEmpty()
                        && cluster.admin()
                                .pods()
                                .inNamespace("default")
                                .list()
                                .getItems()
                                .isEmpty()
                        && api.freeGroups() == GROUPS);
    }

    @Override
    public ConditionFactory await(String what) {
        return progress.await(what);
    }

    private List<?> aliveAndMoving() {
        checkAlive();
        return api.versions();
    }

    @Override
    public void checkAlive() {
        if (node != null) {
            node.checkAlive();
        }
        List<String> dead = cluster.controlPlane().dead();
        if (!dead.isEmpty()) {
            throw new IllegalStateException(dead + " of the control plane has ended; see the logs in " + work);
        }
    }

    @Override
    public void close() {
        if (node != null) {
            node.close();
        }
        try {
            cluster.close();
        } catch (Exception e) {
            throw new IllegalStateException("The cluster was not closed: " + e.getMessage(), e);
        } finally {
            tunnel.close();
            deleteKeptDisk();
        }
    }

    /** The logs beside it are worth keeping, it is not. */
    private void deleteKeptDisk() {
        try {
            Files.deleteIfExists(keptDisk());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
