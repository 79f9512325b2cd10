package dev.holdfast.plan.simulation;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.simulation.Attempt.Fault;
import dev.holdfast.plan.simulation.Operator.Seen;
import dev.holdfast.plan.simulation.World.SimNode;
import dev.holdfast.plan.simulation.World.Vm;
import dev.holdfast.plan.simulation.World.VmPod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Executes steps of each kind. */
final class Steps {
    private static final int[] SETTLE_MILLIS = {500, 3000, 12_000, 45_000, 200_000, 700_000};
    private static final long[] SKEWS = {0, 30_000, -30_000, 3_600_000, -3_600_000, 2_592_000_000L, -86_400_000L};
    private static final int[] EXITS = {0, 1, 137, 0};
    private static final RunStrategy[] STRATEGIES = RunStrategy.values();

    private final Simulation simulation;
    private final Api api;
    private final Nodes nodes;
    private final Violations violations;

    Steps(Simulation simulation) {
        this.simulation = simulation;
        this.api = simulation.api;
        this.nodes = simulation.nodes;
        this.violations = simulation.violations;
    }

    void take(Step step) {
        List<String> names = List.copyOf(api.vms.keySet());
        Vm vm = api.vm(names.get(step.which() % names.size()));
        int choice = step.choice();
        switch (step.kind()) {
            case SETTLE -> simulation.settle(SETTLE_MILLIS[choice % SETTLE_MILLIS.length], 2000);
            case DELIVER_POD -> simulation.operator.deliverPod();
            case DELIVER_VM -> simulation.operator.deliverVm();
            case DELIVER_NODE -> simulation.operator.deliverNode();
            case RECONCILE, BEGIN_RECONCILE, END_RECONCILE, KILL_OPERATOR, START_OPERATOR, LATE_OPERATOR ->
                operator(step, vm);
            case RUN_STRATEGY, ASK_FOR_RESTART, EDIT_SPEC, RECREATE_VM -> user(step, vm);
            case SCHEDULE, KUBELET, END_GUEST, DELETE_POD, FORCE_POD, EVICT_POD, IMAGE_FAULT, END_SIDECAR ->
                pod(step, api.pods.get(vm.name));
            case AGENT,
                    NODE_DOWN,
                    NODE_UP,
                    REBOOT_NODE,
                    OUT_OF_SERVICE,
                    DELETE_REPORT,
                    AGENT_DOWN,
                    AGENT_UP,
                    QUARANTINE -> node(step.kind(), api.node(choice % 2 == 0 ? "node-1" : "node-2"));
            case JUMP_CLOCK -> jump(choice);
            case QUOTA, CLAIM, DEVICE_CLASS -> obstacle(step.kind(), choice % 2 == 0);
        }
    }

    private boolean has(Feature feature) {
        return simulation.features.contains(feature);
    }

    private void operator(Step step, Vm vm) {
        Operator operator = simulation.operator;
        switch (step.kind()) {
            case KILL_OPERATOR -> {
                if (has(Feature.CRASHES) || has(Feature.LATE_WRITERS)) {
                    simulation.killOperator();
                }
            }
            case START_OPERATOR -> simulation.startOperator();
            case LATE_OPERATOR -> {
                Attempt attempt = simulation.late.poll();
                if (attempt != null) {
                    violations.log("a delayed operator continues");
                    attempt.finish(Fault.NONE);
                }
            }
            default -> {
                Seen seen = operator.vms.get(vm.name);
                if (operator.runs && seen != null) {
                    reconcile(step, operator, seen);
                }
            }
        }
    }

    private void reconcile(Step step, Operator operator, Seen seen) {
        Seen current = seen;
        if (!has(Feature.STALE_CACHES)) {
            operator.deliverAll();
            current = operator.vms.getOrDefault(seen.vm.getMetadata().getName(), seen);
        }
        boolean begins = step.kind() != Step.Kind.END_RECONCILE;
        if (begins && current.attempt == null && current.isDue(api.now)) {
            operator.begin(current, api.now + simulation.operatorSkew);
        }
        boolean ends =
                step.kind() != Step.Kind.BEGIN_RECONCILE || !(has(Feature.STALE_CACHES) || has(Feature.LATE_WRITERS));
        if (ends && current.attempt != null) {
            Fault[] faults = Fault.values();
            Fault fault = has(Feature.CRASHES) && step.choice() % 3 == 0
                    ? faults[step.choice() / 3 % faults.length]
                    : Fault.NONE;
            operator.end(current, fault);
        }
    }

    private void user(Step step, Vm vm) {
        int choice = step.choice();
        switch (step.kind()) {
            case RUN_STRATEGY -> run(vm, STRATEGIES[choice % STRATEGIES.length]);
            case ASK_FOR_RESTART -> ask(vm, choice % 8);
            case EDIT_SPEC -> {
                if (has(Feature.SPECS)) {
                    edit(vm, choice % Specs.count());
                }
            }
            default -> {
                if (has(Feature.RECREATION)) {
                    api.delete(vm);
                    if (choice % 3 == 0) {
                        simulation.settle(3000, 2000);
                    }
                    api.create(vm.name, STRATEGIES[choice % STRATEGIES.length]);
                }
            }
        }
    }

    private void run(Vm vm, RunStrategy strategy) {
        if (vm.strategy != strategy) {
            if (strategy == RunStrategy.Once) {
                vm.onceEra++;
                vm.grantsInOnceEra = 0;
            }
            if (strategy == RunStrategy.Always || strategy == RunStrategy.Halted) {
                vm.wantedAt = api.now;
            }
            vm.strategy = strategy;
            vm.generation++;
            violations.log("user sets %s to %s, generation %d", vm.name, strategy, vm.generation);
            api.changed(vm);
        }
    }

    private void ask(Vm vm, int how) {
        Instant now = World.time(api.now);
        String text = switch (how) {
            case 3 -> now.minusSeconds(3600).toString();
            case 4 -> now.plusSeconds(86_400_000).toString();
            case 5 -> "garbage";
            case 6 -> now.toString();
            default -> now.truncatedTo(ChronoUnit.SECONDS).toString();
        };
        if (how == 7) {
            vm.annotations.clear();
        } else if (!text.equals(vm.annotations.put(Names.RESTARTED_AT_ANNOTATION, text))) {
            vm.asked++;
            vm.askedAt = how == 3 || how == 5 ? -1 : api.now;
            vm.wantedAt = api.now;
        }
        violations.log("user asks %s for a restart: %s", vm.name, vm.annotations);
        api.changed(vm);
    }

    void edit(Vm vm, int variant) {
        if (vm.variant != variant) {
            vm.variant = variant;
            vm.generation++;
            violations.log("user gives %s spec %d, generation %d", vm.name, variant, vm.generation);
            api.changed(vm);
        }
    }

    private void pod(Step step, @Nullable VmPod pod) {
        if (pod == null) {
            return;
        }
        switch (step.kind()) {
            case SCHEDULE -> nodes.schedule(pod, step.choice());
            case KUBELET -> nodes.kubelet(pod, step.choice());
            case END_GUEST -> {
                if (pod.process != null && pod.process.alive) {
                    pod.process.end(
                            api.now, pod.process.granted ? EXITS[step.choice() % EXITS.length] : Nodes.NO_GRANT);
                    violations.log("process of pod %s ends with %d", pod.uid, pod.process.exit);
                }
            }
            case DELETE_POD -> {
                violations.log("user deletes pod %s", pod.uid);
                api.delete(pod);
            }
            case FORCE_POD -> {
                if (has(Feature.FORCED_DELETIONS)) {
                    violations.log("user deletes pod %s by force", pod.uid);
                    api.remove(pod);
                }
            }
            case EVICT_POD -> evict(pod);
            case IMAGE_FAULT -> pod.imageFault = has(Feature.OBSTACLES) && pod.process == null;
            default -> nodes.endSidecar(pod);
        }
    }

    private void evict(VmPod pod) {
        if (pod.node() != null && !pod.isOver() && !pod.isLeaving()) {
            pod.object = new PodBuilder(pod.object)
                    .editStatus()
                    .addNewCondition()
                    .withType("DisruptionTarget")
                    .withStatus("True")
                    .withMessage("drain")
                    .endCondition()
                    .endStatus()
                    .build();
            api.changed(pod);
            violations.log("pod %s is evicted", pod.uid);
            api.delete(pod);
        }
    }

    private void node(Step.Kind kind, SimNode node) {
        switch (kind) {
            case AGENT -> nodes.agent(node);
            case NODE_UP -> node.reachable |= node.powered;
            case AGENT_UP -> nodes.restartAgent(node);
            case QUARANTINE -> {
                node.quarantined = has(Feature.QUARANTINE) && !node.quarantined;
            }
            default -> {
                if (has(Feature.NODES)) {
                    trouble(kind, node);
                }
            }
        }
    }

    private void trouble(Step.Kind kind, SimNode node) {
        violations.log("%s: %s", node.name, kind);
        switch (kind) {
            case NODE_DOWN -> node.reachable = false;
            case REBOOT_NODE -> nodes.boot(node);
            case AGENT_DOWN -> node.agentRuns = false;
            case DELETE_REPORT -> api.report(node, null);
            default -> {
                if (!node.reachable) {
                    outOfService(node);
                }
            }
        }
    }

    /** The administrator has switched the node off and taints it; Kubernetes deletes its pods. */
    private void outOfService(SimNode node) {
        nodes.powerOff(node);
        node.outOfService = true;
        List.copyOf(api.pods.values()).stream()
                .filter(pod -> node.name.equals(pod.node()))
                .forEach(api::remove);
    }

    private void jump(int choice) {
        if (has(Feature.CLOCKS)) {
            long skew = SKEWS[choice % SKEWS.length];
            if (choice % 2 == 0) {
                simulation.operatorSkew = skew;
            } else {
                api.node(choice % 4 == 1 ? "node-1" : "node-2").skew = skew;
            }
            violations.log("a clock jumps by %d s", skew / 1000);
        }
    }

    private void obstacle(Step.Kind kind, boolean there) {
        if (!has(Feature.OBSTACLES)) {
            return;
        }
        switch (kind) {
            case QUOTA -> api.quotaExceeded = there;
            case CLAIM -> api.claimExists = there;
            default -> {
                if (there) {
                    api.classes.add(Specs.CLASS);
                } else {
                    api.classes.remove(Specs.CLASS);
                }
            }
        }
        api.othersChanged();
    }
}
