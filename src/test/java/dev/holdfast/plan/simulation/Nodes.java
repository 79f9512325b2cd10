package dev.holdfast.plan.simulation;

import dev.holdfast.api.Names;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.plan.simulation.World.Process;
import dev.holdfast.plan.simulation.World.SimNode;
import dev.holdfast.plan.simulation.World.Vm;
import dev.holdfast.plan.simulation.World.VmPod;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Scheduler, kubelets and agents, one step at a time; each method returns whether something has changed. */
final class Nodes {
    static final String SIDECAR = "istio-proxy";
    private static final long LAUNCHER_GIVES_UP = 120_000;
    private static final long MEMORY_IS_LOCKED = 1000;
    /** Exit status of a launcher. */
    static final int NO_GRANT = 3;

    private final Api api;

    Nodes(Api api) {
        this.api = api;
    }

    boolean schedule(VmPod pod, int choice) {
        if (pod.node() != null || pod.isLeaving()) {
            return false;
        }
        boolean fits = pod.variant != Specs.WRONG_DEVICE
                && api.classes.contains(Specs.CLASS)
                && (pod.variant != Specs.WITH_CLAIM || api.claimExists);
        List<SimNode> free = api.nodes.values().stream()
                .filter(node -> fits && node.reachable && !node.outOfService && !node.quarantined && !isTaken(node))
                .toList();
        if (free.isEmpty()) {
            return refuse(pod);
        }
        SimNode node = free.get(choice % free.size());
        pod.object = new PodBuilder(pod.object)
                .editSpec()
                .withNodeName(node.name)
                .endSpec()
                .editStatus()
                .withConditions()
                .addNewCondition()
                .withType("PodScheduled")
                .withStatus("True")
                .withLastTransitionTime(api.time())
                .endCondition()
                .endStatus()
                .build();
        api.violations.log("pod %s is on %s", pod.uid, node.name);
        api.changed(pod);
        return true;
    }

    private boolean refuse(VmPod pod) {
        if (!pod.object.getStatus().getConditions().isEmpty()) {
            return false;
        }
        pod.object = new PodBuilder(pod.object)
                .editStatus()
                .addNewCondition()
                .withType("PodScheduled")
                .withStatus("False")
                .withMessage("0/2 nodes are available")
                .endCondition()
                .endStatus()
                .build();
        api.changed(pod);
        return true;
    }

    private boolean isTaken(SimNode node) {
        return api.pods.values().stream().anyMatch(pod -> node.name.equals(pod.node()) && !pod.isOver());
    }

    boolean kubelet(VmPod pod, int choice) {
        SimNode node = api.nodes.get(String.valueOf(pod.node()));
        if (node == null || !node.reachable || !node.powered) {
            return false;
        }
        if (pod.process == null || pod.isOver()) {
            return pod.isLeaving() ? removed(pod) : pod.process == null && !pod.isOver() && start(pod, node);
        }
        Process process = pod.process;
        if (process.alive && pod.isLeaving()) {
            process.end(api.now, choice % 2 == 0 ? 0 : 137);
            api.violations.log("process of pod %s ends, as the pod is deleted", pod.uid);
        } else if (process.alive && !process.granted && api.now - process.startedAt > LAUNCHER_GIVES_UP) {
            process.end(api.now, NO_GRANT);
        }
        if (process.alive) {
            return false;
        }
        return pod.isLeaving() && choice % 3 == 0 ? removed(pod) : reportEnd(pod, node, process, choice);
    }

    private boolean removed(VmPod pod) {
        api.remove(pod);
        return true;
    }

    private boolean start(VmPod pod, SimNode node) {
        if (node.processes.stream().anyMatch(other -> other.alive)) {
            return false;
        }
        if (pod.imageFault) {
            return pod.object.getStatus().getContainerStatuses().isEmpty()
                    && reported(
                            pod,
                            "Pending",
                            new ContainerStateBuilder()
                                    .withNewWaiting()
                                    .withReason("ErrImagePull")
                                    .withMessage("no image")
                                    .endWaiting()
                                    .build(),
                            node);
        }
        Process process = new Process(pod, node.name, 4000 + api.nextId(), api.now);
        pod.process = process;
        api.checks.started(process);
        node.processes.add(process);
        api.violations.log("launcher of pod %s starts", pod.uid);
        return reported(pod, "Running", running(process, node), node);
    }

    private boolean reportEnd(VmPod pod, SimNode node, Process process, int choice) {
        boolean whole =
                pod.isLeaving() || pod.sidecarEnded || pod.injectedNative || !api.features.contains(Feature.SIDECARS);
        if (process.endTold && !whole) {
            return false;
        }
        process.endTold = true;
        // After a reboot the kubelet may not report the times of the container.
        boolean unknown = choice % 5 == 4;
        ContainerState ended = new ContainerStateBuilder()
                .withNewTerminated()
                .withExitCode(unknown ? 137 : process.exit)
                .withReason(unknown ? "ContainerStatusUnknown" : null)
                .withMessage(process.exit == NO_GRANT ? "there is no grant" : null)
                .withStartedAt(unknown ? null : at(process.startedAt, node))
                .withFinishedAt(unknown ? null : at(process.endedAt, node))
                .endTerminated()
                .build();
        int exit = unknown ? 137 : process.exit;
        api.violations.log("pod %s ended with %d%s", pod.uid, exit, whole ? "" : ", its sidecar runs on");
        if (exit == 0 && !pod.isLeaving()) {
            api.checks.poweredOff(pod);
        }
        return reported(pod, whole ? exit == 0 ? "Succeeded" : "Failed" : "Running", ended, node);
    }

    private static ContainerState running(Process process, SimNode node) {
        return new ContainerStateBuilder()
                .withNewRunning()
                .withStartedAt(at(process.startedAt, node))
                .endRunning()
                .build();
    }

    private boolean reported(VmPod pod, String phase, ContainerState qemu, SimNode node) {
        List<ContainerStatus> containers = new ArrayList<>();
        if (api.features.contains(Feature.SIDECARS) && !pod.injectedNative) {
            containers.add(new ContainerStatusBuilder()
                    .withName(SIDECAR)
                    .withState(
                            pod.sidecarEnded
                                    ? new ContainerStateBuilder()
                                            .withNewTerminated()
                                            .withExitCode(0)
                                            .endTerminated()
                                            .build()
                                    : new ContainerStateBuilder()
                                            .withNewRunning()
                                            .withStartedAt(at(api.now, node))
                                            .endRunning()
                                            .build())
                    .build());
        }
        containers.add(new ContainerStatusBuilder()
                .withName(Names.QEMU_CONTAINER)
                .withState(qemu)
                .build());
        pod.object = new PodBuilder(pod.object)
                .editStatus()
                .withPhase(phase)
                .withContainerStatuses(containers)
                .endStatus()
                .build();
        api.changed(pod);
        return true;
    }

    void endSidecar(VmPod pod) {
        SimNode node = api.nodes.get(String.valueOf(pod.node()));
        Process process = pod.process;
        if (node == null || process == null || pod.isOver() || pod.injectedNative) {
            return;
        }
        pod.sidecarEnded = true;
        if (process.alive) {
            reported(pod, "Running", running(process, node), node);
        }
    }

    /** The kubelet ends processes of deleted pods, and the agent grants, watches and reports. */
    boolean agent(SimNode node) {
        if (!node.powered) {
            return false;
        }
        boolean any = node.reachable && cleanUp(node);
        if (!node.agentRuns || !node.reachable) {
            return any;
        }
        for (Process process : node.processes) {
            any |= process.alive && (process.granted ? lock(process) : grant(node, process));
        }
        node.book.removeIf(process -> !process.alive);
        node.processes.removeIf(process -> !process.alive && api.pods.get(process.pod.vm) != process.pod);
        return any | report(node);
    }

    private boolean cleanUp(SimNode node) {
        boolean any = false;
        for (Process process : node.processes) {
            if (process.alive && api.pods.get(process.pod.vm) != process.pod) {
                process.end(api.now, 137);
                api.violations.log("process of the removed pod %s is killed", process.pod.uid);
                any = true;
            }
        }
        return any;
    }

    private static boolean lockDue(Process process, long now) {
        return !process.locked && now - process.grantedAt >= MEMORY_IS_LOCKED;
    }

    private boolean lock(Process process) {
        if (!lockDue(process, api.now)) {
            return false;
        }
        process.locked = true;
        return true;
    }

    private boolean grant(SimNode node, Process process) {
        VmPod pod = process.pod;
        Vm vm = api.vms.get(pod.vm);
        boolean may = api.pods.get(pod.vm) == pod
                && !pod.isLeaving()
                && vm != null
                && vm.uid.equals(pod.vmUid)
                && vm.status != null
                && pod.uid.equals(vm.status.podUID())
                && vm.status.memlock() != null;
        if (may && vm != null) {
            process.granted = true;
            process.grantedAt = api.now;
            node.book.add(process);
            api.violations.log("agent of %s grants pod %s", node.name, pod.uid);
            api.checks.granted(vm, process);
        }
        return may;
    }

    boolean report(SimNode node) {
        PassthroughNodeStatus status =
                node.status(node.processes.stream().anyMatch(process -> process.alive) || isTaken(node));
        PassthroughNode before = node.report;
        if (before != null && status.equals(before.getStatus())) {
            return false;
        }
        PassthroughNode report = new PassthroughNode();
        report.setMetadata(new ObjectMetaBuilder()
                .withName(node.name)
                .withCreationTimestamp(
                        before == null ? api.time() : before.getMetadata().getCreationTimestamp())
                .build());
        report.setStatus(status);
        api.report(node, report);
        return true;
    }

    /** A restarted agent knows only the report of its node. */
    void restartAgent(SimNode node) {
        if (!node.agentRuns && node.report == null) {
            node.book.forEach(process -> process.forgotten = true);
            node.book.clear();
        }
        node.agentRuns = true;
    }

    void powerOff(SimNode node) {
        node.powered = false;
        node.processes.stream().filter(process -> process.alive).forEach(process -> process.end(api.now, 255));
    }

    void boot(SimNode node) {
        powerOff(node);
        node.powered = true;
        node.reachable = true;
        node.outOfService = false;
        node.agentRuns = true;
        node.boot++;
        node.book.clear();
    }

    private static @Nullable String at(long millis, SimNode node) {
        return World.time(millis + node.skew).truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
