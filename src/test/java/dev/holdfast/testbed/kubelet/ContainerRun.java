package dev.holdfast.testbed.kubelet;

import dev.holdfast.agent.kubelet.v1beta1.CDIDevice;
import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateResponse;
import dev.holdfast.testbed.kubelet.container.Cgroups;
import dev.holdfast.testbed.kubelet.container.ContainerEdits;
import dev.holdfast.testbed.kubelet.container.ContainerPlan;
import dev.holdfast.testbed.kubelet.container.ContainerProblem;
import dev.holdfast.testbed.kubelet.container.Images;
import dev.holdfast.testbed.kubelet.container.OciConfig;
import dev.holdfast.testbed.kubelet.container.RootFs;
import dev.holdfast.testbed.kubelet.container.Security;
import dev.holdfast.testbed.kubelet.device.Rejection;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One start of a pod's container: made, run, stopped, and cleared away. */
final class ContainerRun {
    private static final Logger log = LoggerFactory.getLogger(ContainerRun.class);
    private static final int MESSAGE_BYTES = 4096;
    private static final int START_ERROR = 128;
    private static final long POLL_MILLIS = 50;
    /** Minimum grace period that the kubelet gives a container after its preStop hook. */
    private static final Duration AFTER_HOOK = Duration.ofSeconds(2);

    private static final Duration KILL_PATIENCE = Duration.ofSeconds(20);

    private final NodeServices services;
    private final Pod pod;
    private final Container container;
    private final PodNetworks.@Nullable Network network;
    private final Path directory;
    private final Path terminationLog;
    private final Path output;
    private final String cgroup;
    private final String id = (UUID.randomUUID().toString() + UUID.randomUUID()).replace("-", "");

    /**
     * @param network   of the pod; null for the node's
     * @param directory of this start alone, not there yet
     */
    ContainerRun(NodeServices services, Pod pod, PodNetworks.@Nullable Network network, Path directory) {
        this.services = services;
        this.pod = pod;
        this.network = network;
        this.container = pod.getSpec().getContainers().getFirst();
        this.directory = directory;
        this.terminationLog = directory.resolve("termination-log");
        this.output = services.logs()
                .resolve(pod.getMetadata().getNamespace() + "_"
                        + pod.getMetadata().getName() + ".log");
        this.cgroup =
                Cgroups.podPath(pod.getStatus().getQosClass(), pod.getMetadata().getUid());
    }

    String id() {
        return id;
    }

    /**
     * Makes and starts the container; on a problem nothing is left of it.
     *
     * @param claimed names of the CDI devices of claims
     */
    Process start(Volumes volumes, List<ContainerAllocateResponse> allocated, List<String> claimed)
            throws ContainerProblem, Rejection, IOException {
        Images.Image image = services.images().require(container.getImage());
        Security security = Security.of(pod.getSpec(), container);
        ContainerEdits edits = edits(allocated).and(services.cdi().resolve(claimed));
        List<ContainerPlan.Mount> mounts = volumes.prepare(pod, container.getVolumeMounts(), security.fsGroup());
        Map<String, String> blocks = volumes.blocks(container.getVolumeDevices());
        Files.createDirectories(directory);
        Path rootfs = RootFs.mount(directory, image.root());
        try {
            Files.createFile(terminationLog);
            Files.setPosixFilePermissions(terminationLog, PosixFilePermissions.fromString("rw-rw-rw-"));
            ContainerPlan plan = ContainerPlans.of(
                    pod,
                    services.node(),
                    new ContainerPlans.Prepared(
                            rootfs.toString(),
                            cgroup + "/" + id,
                            terminationLog.toString(),
                            image,
                            mounts,
                            blocks,
                            network,
                            edits));
            Files.writeString(
                    directory.resolve("config.json"), OciConfig.of(plan).toPrettyString());
            services.devices().preStart(pod.getMetadata().getUid());
            return services.runc().run(directory, id, plan.terminal(), output);
        } catch (ContainerProblem | Rejection | IOException | RuntimeException e) {
            remove();
            throw e;
        }
    }

    private ContainerEdits edits(List<ContainerAllocateResponse> allocated) throws ContainerProblem {
        ContainerEdits edits = ContainerEdits.NONE;
        for (ContainerAllocateResponse answer : allocated) {
            edits = edits.and(services.cdi()
                    .resolve(answer.getCdiDevicesList().stream()
                            .map(CDIDevice::getName)
                            .toList()));
            edits = edits.and(new ContainerEdits(
                    new TreeMap<>(answer.getEnvsMap()),
                    answer.getDevicesList().stream()
                            .map(device -> new ContainerEdits.DeviceNode(
                                    device.getContainerPath(),
                                    device.getHostPath(),
                                    device.getPermissions(),
                                    null,
                                    null,
                                    null))
                            .toList(),
                    answer.getMountsList().stream()
                            .map(mount -> new ContainerEdits.Mount(
                                    mount.getContainerPath(), mount.getHostPath(), mount.getReadOnly()))
                            .toList()));
        }
        return edits;
    }

    /** Waits until the container exists; false when runc gave up on it before. */
    boolean awaitStart(Process process) throws InterruptedException {
        while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
            if (Files.exists(directory.resolve("pid"))) {
                return true;
            }
        }
        return Files.exists(directory.resolve("pid"));
    }

    /** The preStop hook, SIGTERM, and at the end of the grace period SIGKILL, as far as each is needed. */
    void stop(Process process, Termination termination) throws IOException, InterruptedException {
        LifecycleHandler hook = container.getLifecycle() == null
                ? null
                : container.getLifecycle().getPreStop();
        if (hook != null && hook.getExec() != null && !termination.left().isZero()) {
            runHook(process, hook.getExec().getCommand(), termination);
        }
        if (process.isAlive()) {
            services.runc().signal(id, "TERM");
        }
        Instant least = services.clock().instant().plus(hook == null ? Duration.ZERO : AFTER_HOOK);
        while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
            if (termination.left().isZero() && services.clock().instant().isAfter(least)) {
                break;
            }
        }
        if (process.isAlive()) {
            log.atWarn().addKeyValue("pod", pod.getMetadata().getName()).log("Grace period is over, killing it");
            services.runc().signal(id, "KILL");
        }
        if (!process.waitFor(KILL_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }

    private void runHook(Process process, List<String> command, Termination termination)
            throws IOException, InterruptedException {
        Process hook = services.runc().exec(id, command, output);
        while (!hook.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
            if (termination.left().isZero() || !process.isAlive()) {
                hook.destroy();
                break;
            }
        }
        if (!hook.isAlive() && hook.exitValue() != 0 && process.isAlive()) {
            log.atWarn()
                    .addKeyValue("pod", pod.getMetadata().getName())
                    .addKeyValue("command", command)
                    .addKeyValue("exitCode", hook.exitValue())
                    .log("FailedPreStopHook");
        }
    }

    /** Returns the end of the container, after that of the process. */
    ContainerState ended(Process process, boolean started, Instant since, long oomKillsBefore) throws IOException {
        Instant now = services.clock().instant();
        int code = process.exitValue();
        if (!started) {
            String why = Files.exists(directory.resolve("runc.log"))
                    ? Files.readString(directory.resolve("runc.log")).strip()
                    : "";
            return PodStatuses.terminated(id, START_ERROR, "StartError", why, since, now);
        }
        boolean outOfMemory = code != 0 && services.cgroups().oomKills(cgroup) > oomKillsBefore;
        String reason = outOfMemory ? "OOMKilled" : code == 0 ? "Completed" : "Error";
        return PodStatuses.terminated(id, code, reason, message(code), since, now);
    }

    private @Nullable String message(int code) throws IOException {
        byte[] bytes = Files.readAllBytes(terminationLog);
        if (bytes.length == 0 && code != 0 && "FallbackToLogsOnError".equals(container.getTerminationMessagePolicy())) {
            bytes = Files.readAllBytes(output);
        }
        int from = Math.max(0, bytes.length - MESSAGE_BYTES);
        return bytes.length == 0 ? null : new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    }

    /** The container, its root and all that was written there. */
    void remove() throws IOException {
        services.runc().delete(id);
        RootFs.remove(directory);
    }
}
