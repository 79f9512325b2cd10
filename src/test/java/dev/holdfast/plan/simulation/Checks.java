package dev.holdfast.plan.simulation;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.simulation.World.Process;
import dev.holdfast.plan.simulation.World.SimNode;
import dev.holdfast.plan.simulation.World.Vm;
import dev.holdfast.plan.simulation.World.VmPod;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Conditions that must hold at any time. */
final class Checks {
    private static final Set<String> ON_PURPOSE = Set.of("Halted", "Restarting");

    /** Restart requests have times of whole seconds. */
    static final long ROUNDED = 1000;

    private final Api api;
    private final Violations violations;

    Checks(Api api, Violations violations) {
        this.api = api;
        this.violations = violations;
    }

    static Optional<Condition> condition(@Nullable PassthroughVMStatus status, String type) {
        return status == null || status.conditions() == null
                ? Optional.empty()
                : status.conditions().stream()
                        .filter(condition -> condition.getType().equals(type))
                        .findFirst();
    }

    static String reason(@Nullable PassthroughVMStatus status) {
        return condition(status, "Ready")
                .or(() -> condition(status, "Stopped"))
                .map(Condition::getReason)
                .orElse("");
    }

    static String shown(@Nullable PassthroughVMStatus status) {
        return status == null
                ? "none"
                : "%s/%s Ready=%s pod=%s restarts=%s ended=%s next=%s former=%s generation=%s"
                        .formatted(
                                status.phase(),
                                reason(status),
                                condition(status, "Ready")
                                        .map(Condition::getStatus)
                                        .orElse("-"),
                                status.podUID(),
                                status.restarts(),
                                status.ended(),
                                status.nextStartTime(),
                                status.formerPods(),
                                status.observedGeneration());
    }

    /** A launcher starts, which serves all earlier restart requests. */
    void started(Process process) {
        Vm vm = api.vms.get(process.pod.vm);
        if (vm != null && vm.uid.equals(process.pod.vmUid)) {
            vm.lastStart = process.startedAt;
        }
    }

    /** A process becomes QEMU. */
    void granted(Vm vm, Process process) {
        for (SimNode node : api.nodes.values()) {
            for (Process other : node.processes) {
                if (other != process && other.alive && other.granted && isOf(vm, other.pod)) {
                    violations.add(
                            "TWO_QEMUS",
                            "pod %s on %s beside pod %s on %s",
                            process.pod.uid,
                            process.node,
                            other.pod.uid,
                            other.node);
                }
            }
        }
        vm.poweredOff = -1;
        if (vm.strategy == RunStrategy.Once && process.pod.onceEra == vm.onceEra && ++vm.grantsInOnceEra > 1) {
            violations.add("ONCE_TWICE", "pod %s is the second run", process.pod.uid);
        }
    }

    /** Returns whether the pod is the VM's. Pods of a former VM count if a reconciliation of this VM has read them. */
    private static boolean isOf(Vm vm, VmPod pod) {
        return pod.vm.equals(vm.name) && (pod.vmUid.equals(vm.uid) || vm.seenPods.contains(pod.uid));
    }

    void poweredOff(VmPod pod) {
        Vm vm = api.vms.get(pod.vm);
        if (vm != null && vm.uid.equals(pod.vmUid) && pod.process != null && pod.process.granted) {
            vm.poweredOff = pod.process.startedAt;
        }
    }

    void written(Vm vm, @Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        boolean bound =
                after.podUID() != null && (before == null || !after.podUID().equals(before.podUID()));
        if (bound) {
            vm.boundAt = api.statusWrites;
            bound(vm, before, after);
        }
        String ready = condition(after, "Ready").map(Condition::getStatus).orElse("");
        if (ready.equals("True") && after.phase() != Phase.Running
                || ready.equals("Unknown") != (after.phase() == Phase.Unknown)) {
            violations.add("READY_AND_PHASE", "%s", shown(after));
        }
        progress(after);
        if (before != null
                && before.ended() == Phase.Succeeded
                && Objects.equals(before.podUID(), after.podUID())
                && after.phase() == Phase.Failed) {
            violations.add("SUCCESS_BECOMES_FAILURE", "%s", shown(after));
        }
        if (after.phase() == Phase.Stopped || reason(after).equals("Halted")) {
            vm.haltedSince = api.statusWrites;
        }
    }

    /** Conditions for tools that wait for the VM: sigs.k8s.io/cli-utils, pkg/kstatus. */
    private void progress(PassthroughVMStatus after) {
        boolean reconciling = isTrue(after, "Reconciling");
        boolean stalled = isTrue(after, "Stalled");
        boolean ready = isTrue(after, "Ready");
        boolean rests =
                after.phase() == Phase.Stopped || after.phase() == Phase.Succeeded && after.nextStartTime() == null;
        boolean restarts = condition(after, "RestartPossible").isEmpty();
        if (reconciling && stalled
                || reconciling && ready
                || stalled && ready && restarts
                || rests != isTrue(after, "Stopped")
                || rests && (reconciling || stalled || condition(after, "Ready").isPresent())
                || !rests && !ready && !reconciling && !stalled) {
            violations.add(
                    "PROGRESS", "%s Reconciling=%s Stalled=%s rests=%s", shown(after), reconciling, stalled, rests);
        }
        if (stalled && after.nextStartTime() != null && after.phase() == Phase.Failed) {
            violations.add("STALLED_WITH_A_START_AHEAD", "%s", shown(after));
        }
    }

    static boolean isTrue(@Nullable PassthroughVMStatus status, String type) {
        return condition(status, type)
                .filter(condition -> condition.getStatus().equals("True"))
                .isPresent();
    }

    private void bound(Vm vm, @Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        if (vm.strategy == RunStrategy.Halted) {
            violations.add("HALTED_STARTS", "pod %s is bound", after.podUID());
        }
        if (vm.strategy == RunStrategy.RerunOnFailure
                && vm.poweredOff >= 0
                && vm.wantedAt < vm.poweredOff - ROUNDED
                && before != null
                && before.ended() == Phase.Succeeded) {
            violations.add("RUNS_AGAIN_AFTER_SUCCESS", "pod %s, after %s", after.podUID(), shown(before));
        }
    }

    /** Called before the API server deletes the pod. */
    void deleting(PassthroughVM vm, VmPod pod, PassthroughVMStatus plan) {
        String cause = reason(plan);
        Process process = pod.process;
        if (process != null && process.alive && process.granted && !pod.isLeaving() && !ON_PURPOSE.contains(cause)) {
            violations.add("RUNNING_POD_DELETED", "pod %s, because of %s", pod.uid, cause);
        }
        Vm now = api.vms.get(pod.vm);
        if (cause.equals("Restarting")
                && now != null
                && now.uid.equals(vm.getMetadata().getUid())) {
            Set<String> pods =
                    now.restarts.computeIfAbsent(World.asked(vm) + "#" + now.asked, asked -> new HashSet<>());
            pods.add(pod.uid);
            if (pods.size() > 1) {
                violations.add("RESTARTED_TWICE", "%s: %s", World.asked(vm), pods);
            }
        }
    }
}
