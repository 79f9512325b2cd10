package dev.holdfast.plan.simulation;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.simulation.World.Process;
import dev.holdfast.plan.simulation.World.SimNode;
import dev.holdfast.plan.simulation.World.Vm;
import dev.holdfast.plan.simulation.World.VmPod;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Checks after all faults have ended: each VM is in the state that its user requested, and nothing is written any more. */
final class Calm {
    private static final long SETTLES = 2_400_000;
    private static final long QUIET = 1_200_000;
    private static final long SLICE = 60_000;

    private final Simulation simulation;
    private final Api api;
    private final Violations violations;

    Calm(Simulation simulation) {
        this.simulation = simulation;
        this.api = simulation.api;
        this.violations = simulation.violations;
    }

    void check() {
        endFaults();
        simulation.settle(SETTLES, SLICE);
        long writes = api.statusWrites;
        simulation.settle(QUIET, SLICE);
        if (api.statusWrites != writes) {
            violations.add("WRITES_IN_CALM", "%d", api.statusWrites - writes);
        }
        api.vms.values().forEach(vm -> check(vm, api.pods.get(vm.name)));
    }

    private void endFaults() {
        violations.log("---- calm");
        for (SimNode node : api.nodes.values()) {
            if (!node.powered) {
                simulation.nodes.boot(node);
            }
            node.reachable = true;
            node.quarantined = false;
            simulation.nodes.restartAgent(node);
        }
        api.quotaExceeded = false;
        api.claimExists = true;
        api.classes.add(Specs.CLASS);
        api.pods.values().forEach(pod -> pod.imageFault = false);
        api.othersChanged();
        Steps user = new Steps(simulation);
        api.vms.values().stream().filter(vm -> Specs.isWrong(vm.variant)).forEach(vm -> user.edit(vm, Specs.USUAL));
        simulation.startOperator();
    }

    private void check(Vm vm, @Nullable VmPod pod) {
        PassthroughVMStatus status = vm.status;
        boolean runs = pod != null && pod.process != null && pod.process.alive && pod.process.granted;
        String what = "%s, %s, pod %s, QEMU runs: %s"
                .formatted(vm.strategy, Checks.shown(status), pod == null ? null : pod.uid, runs);
        if (status == null) {
            violations.add("NO_STATUS", "%s", what);
            return;
        }
        expect("WHERE_ITS_USER_WANTS_IT", isWanted(vm, pod, status, runs), what);
        boolean forgotten = pod != null && pod.process != null && pod.process.forgotten;
        expect("PHASE_AND_TRUTH", forgotten || runs == (status.phase() == Phase.Running), what);
        boolean failed = status.phase() == Phase.Failed;
        expect("IN_PROGRESS_IN_CALM", !Checks.isTrue(status, "Reconciling"), what);
        expect("STALLED_IN_CALM", failed || !isStalledFor(status), what);
        expect("OBSERVED_GENERATION", Objects.equals(status.observedGeneration(), vm.generation), what);
        expect("FORMER_PODS_IN_CALM", status.formerPods() == null || vm.strategy == RunStrategy.Halted, what);
        expect("RESTART_LOST", !isRestartLost(vm), what + " " + vm.annotations);
        if (pod != null && runs) {
            boolean required = Checks.condition(status, "RestartRequired").isPresent();
            expect("RESTART_REQUIRED", required == (pod.variant != vm.variant), what);
        }
        expect("DEVICES_HELD_BY_A_DEAD_POD", pod == null || pod.isOver() || isAlive(pod.process), what);
    }

    /** Returns whether a running machine is stalled permanently, by a restart request that cannot be done. */
    private static boolean isStalledFor(PassthroughVMStatus status) {
        return Checks.isTrue(status, "Stalled")
                && Checks.condition(status, "RestartPossible").isEmpty();
    }

    private static boolean isAlive(@Nullable Process process) {
        return process != null && process.alive;
    }

    private static boolean isWanted(Vm vm, @Nullable VmPod pod, PassthroughVMStatus status, boolean runs) {
        return switch (vm.strategy) {
            case Halted -> status.phase() == Phase.Stopped && pod == null;
            case Always -> runs;
            case RerunOnFailure -> runs || status.phase() == Phase.Succeeded;
            case Once ->
                runs
                        || ((status.phase() == Phase.Succeeded || status.phase() == Phase.Failed)
                                && vm.boundAt >= 0
                                && vm.boundAt > vm.haltedSince);
        };
    }

    /** Returns whether a request had no effect because of a node's wrong clock, which is documented. */
    private boolean isRestartLost(Vm vm) {
        boolean served = vm.strategy == RunStrategy.Always || vm.strategy == RunStrategy.RerunOnFailure;
        return served
                && !simulation.features.contains(Feature.CLOCKS)
                && vm.askedAt >= 0
                && vm.annotations.containsKey(Names.RESTARTED_AT_ANNOTATION)
                && vm.lastStart < vm.askedAt - Checks.ROUNDED;
    }

    private void expect(String kind, boolean holds, String what) {
        if (!holds) {
            violations.add(kind, "%s", what);
        }
    }
}
