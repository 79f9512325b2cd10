package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.kubelet.container.ContainerEdits;
import dev.holdfast.testbed.kubelet.container.ContainerPlan;
import dev.holdfast.testbed.kubelet.container.ContainerProblem;
import dev.holdfast.testbed.kubelet.container.HostDevice;
import dev.holdfast.testbed.kubelet.container.Images;
import dev.holdfast.testbed.kubelet.container.Security;
import dev.holdfast.testbed.kubelet.device.Rejection;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Sysctl;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** From a pod to the plan of its only container. */
final class ContainerPlans {
    private static final String TERMINATION_LOG = "/dev/termination-log";
    private static final long SHARES_PER_CPU = 1024;
    private static final long QUOTA_MICROS_PER_CPU = 100_000;

    private ContainerPlans() {}

    /**
     * Resources of the node for a container.
     *
     * @param cgroup         of the container, below the pod's
     * @param terminationLog the node's file behind the container's
     * @param volumes        the mounts of the pod's volumes
     * @param blocks         block devices of the node by their path in the container
     * @param network        of the pod; null for the node's
     */
    record Prepared(
            String rootfs,
            String cgroup,
            String terminationLog,
            Images.Image image,
            List<ContainerPlan.Mount> volumes,
            Map<String, String> blocks,
            PodNetworks.@Nullable Network network,
            ContainerEdits edits) {}

    /** Refuses a pod that wants what this kubelet lacks, so that nothing is left out in silence. */
    static void checkSupported(Pod pod) throws Rejection {
        if (pod.getSpec().getContainers().size() != 1
                || !pod.getSpec().getInitContainers().isEmpty()) {
            throw Rejection.unsupported("pods of more than one container, init containers included");
        }
        Container container = pod.getSpec().getContainers().getFirst();
        if (container.getSecurityContext() != null
                && Boolean.TRUE.equals(container.getSecurityContext().getPrivileged())) {
            throw Rejection.unsupported("privileged containers");
        }
        if (container.getLifecycle() != null && container.getLifecycle().getPostStart() != null) {
            throw Rejection.unsupported("postStart hooks");
        }
        if (Boolean.TRUE.equals(pod.getSpec().getHostIPC())
                || Boolean.TRUE.equals(pod.getSpec().getShareProcessNamespace())) {
            throw Rejection.unsupported("shared ipc and process namespaces");
        }
    }

    static ContainerPlan of(Pod pod, NodeFacts node, Prepared prepared) throws ContainerProblem, Rejection {
        Container container = pod.getSpec().getContainers().getFirst();
        Security security = Security.of(pod.getSpec(), container);
        security.check();
        Map<String, String> environment =
                Environment.of(pod, container, node, prepared.edits().env());
        List<ContainerPlan.Device> devices = new ArrayList<>();
        for (ContainerEdits.DeviceNode device : prepared.edits().deviceNodes()) {
            devices.add(new ContainerPlan.Device(
                    device.path(), edited(device, HostDevice.at(device.hostPath())), device.permissions()));
        }
        for (Map.Entry<String, String> block : prepared.blocks().entrySet()) {
            // As a runtime with device_ownership_from_security_context gives them: to the user of the pod.
            HostDevice found = HostDevice.at(block.getValue());
            devices.add(new ContainerPlan.Device(
                    block.getKey(),
                    new HostDevice(found.type(), found.major(), found.minor(), found.mode(), (int) security.uid(), (int)
                            security.gid()),
                    "rwm"));
        }
        return new ContainerPlan(
                prepared.rootfs(),
                security,
                arguments(container, environment),
                environment,
                Objects.requireNonNullElse(container.getWorkingDir(), "/"),
                Boolean.TRUE.equals(container.getTty()),
                Boolean.TRUE.equals(pod.getSpec().getHostPID()),
                pod.getMetadata().getName(),
                mounts(container, prepared),
                devices,
                prepared.cgroup(),
                amount(container, "memory", true, 1),
                amount(container, "cpu", false, SHARES_PER_CPU),
                amount(container, "cpu", true, QUOTA_MICROS_PER_CPU),
                prepared.network() == null ? null : prepared.network().path(),
                prepared.network() == null ? Map.of() : sysctls(pod));
    }

    private static Map<String, String> sysctls(Pod pod) {
        return pod.getSpec().getSecurityContext() == null
                ? Map.of()
                : pod.getSpec().getSecurityContext().getSysctls().stream()
                        .collect(Collectors.toMap(Sysctl::getName, Sysctl::getValue));
    }

    /** Returns the node's device with the owner and mode of the edits, if set: nothing else changes a device's owner. */
    private static HostDevice edited(ContainerEdits.DeviceNode device, HostDevice node) {
        return new HostDevice(
                node.type(),
                node.major(),
                node.minor(),
                Objects.requireNonNullElse(device.fileMode(), node.mode()),
                Objects.requireNonNullElse(device.uid(), node.uid()),
                Objects.requireNonNullElse(device.gid(), node.gid()));
    }

    private static List<String> arguments(Container container, Map<String, String> environment)
            throws ContainerProblem {
        if (container.getCommand().isEmpty()) {
            throw new ContainerProblem(
                    "CreateContainerError", "no command specified: the images of this node have no entry point");
        }
        return Stream.concat(container.getCommand().stream(), container.getArgs().stream())
                .map(argument -> Environment.expand(argument, environment))
                .toList();
    }

    /** Later ones lie above earlier ones: what the image brings is the lowest. */
    private static List<ContainerPlan.Mount> mounts(Container container, Prepared prepared) {
        List<ContainerPlan.Mount> mounts = new ArrayList<>();
        prepared.image()
                .mounts()
                .forEach((destination, source) -> mounts.add(new ContainerPlan.Mount(destination, source, true)));
        prepared.edits()
                .mounts()
                .forEach(mount ->
                        mounts.add(new ContainerPlan.Mount(mount.containerPath(), mount.hostPath(), mount.readOnly())));
        if (prepared.network() != null) {
            mounts.add(new ContainerPlan.Mount(
                    "/etc/resolv.conf", prepared.network().resolvConf(), false));
        }
        mounts.addAll(prepared.volumes());
        mounts.add(new ContainerPlan.Mount(
                Objects.requireNonNullElse(container.getTerminationMessagePath(), TERMINATION_LOG),
                prepared.terminationLog(),
                false));
        return mounts;
    }

    private static @Nullable Long amount(Container container, String resource, boolean limit, long factor) {
        if (container.getResources() == null) {
            return null;
        }
        Map<String, Quantity> amounts = limit
                ? container.getResources().getLimits()
                : container.getResources().getRequests();
        Quantity amount = amounts == null ? null : amounts.get(resource);
        return amount == null
                ? null
                : amount.getNumericalAmount()
                        .multiply(BigDecimal.valueOf(factor))
                        .longValue();
    }
}
