package dev.holdfast.plan.simulation;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.simulation.Operator.Seen;
import dev.holdfast.plan.simulation.World.Process;
import dev.holdfast.plan.simulation.World.SimNode;
import dev.holdfast.plan.simulation.World.VmPod;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Runs a schedule on a simulated cluster. */
final class Simulation {
    /** Maximum number of rounds with changes while no time passes. */
    private static final int ENDLESS = 300;

    private static final Api.Watcher NO_WATCHER = new Api.Watcher() {
        @Override
        public void vm(String name, @Nullable PassthroughVM vm) {}

        @Override
        public void pod(String name, @Nullable Pod pod) {}

        @Override
        public void node(String name, @Nullable PassthroughNode report) {}

        @Override
        public void others() {}
    };

    final Violations violations;
    final Api api;
    final Nodes nodes;
    final Set<Feature> features;
    Operator operator;
    /** Reconciliations of operators that are not the leader any more. */
    final Deque<Attempt> late = new ArrayDeque<>();

    long operatorSkew;

    Simulation(Set<Feature> features, boolean logged) {
        this.features = features;
        violations = new Violations(logged);
        api = new Api(features, violations, NO_WATCHER);
        nodes = new Nodes(api);
        api.nodes.values().forEach(nodes::report);
        api.create("a", RunStrategy.Always);
        if (features.contains(Feature.SECOND_VM)) {
            api.create("b", RunStrategy.Always);
        }
        operator = new Operator(api);
    }

    /** Runs a schedule and the checks at its end. */
    static Violations run(List<Step> schedule, Set<Feature> features, boolean logged) {
        Simulation simulation = new Simulation(features, logged);
        Steps steps = new Steps(simulation);
        try {
            for (Step step : schedule) {
                simulation.pass(step.millis());
                steps.take(step);
            }
            new Calm(simulation).check();
        } catch (RuntimeException e) {
            simulation.violations.add(
                    "EXCEPTION", "%s at %s", e, List.of(e.getStackTrace()).subList(0, 6));
        }
        return simulation.violations;
    }

    void pass(long millis) {
        api.now += millis;
        violations.at(api.now);
    }

    void startOperator() {
        if (!operator.runs) {
            violations.log("operator starts");
            operator = new Operator(api);
        }
    }

    void killOperator() {
        if (operator.runs) {
            if (features.contains(Feature.LATE_WRITERS)) {
                operator.vms.values().stream()
                        .filter(seen -> seen.attempt != null)
                        .forEach(seen -> late.add(seen.attempt));
            }
            operator.kill();
            api.watchedBy(NO_WATCHER);
        }
    }

    /** Lets all components proceed until {@code millis} have passed. */
    void settle(long millis, long slice) {
        long until = api.now + millis;
        while (true) {
            int rounds = 0;
            while (progress()) {
                if (++rounds > ENDLESS) {
                    violations.add("ENDLESS", "%d rounds at one time", rounds);
                    return;
                }
            }
            if (api.now >= until) {
                return;
            }
            pass(Math.min(until, next(slice)) - api.now);
        }
    }

    private long next(long slice) {
        long next = api.now + slice;
        if (operator.runs) {
            for (Seen seen : operator.vms.values()) {
                next = seen.timer > api.now ? Math.min(next, seen.timer) : next;
            }
        }
        for (SimNode node : api.nodes.values()) {
            for (Process process : node.processes) {
                if (process.alive && process.granted && !process.locked) {
                    next = Math.min(next, Math.max(api.now + 1, process.grantedAt + 1000));
                }
            }
        }
        return next;
    }

    private boolean progress() {
        boolean any = operator.deliverAll();
        for (Seen seen : List.copyOf(operator.vms.values())) {
            if (operator.runs && (seen.attempt != null || seen.isDue(api.now))) {
                any = true;
                if (seen.attempt == null) {
                    operator.begin(seen, api.now + operatorSkew);
                }
                operator.end(seen, Attempt.Fault.NONE);
            }
        }
        any |= api.collect();
        for (VmPod pod : List.copyOf(api.pods.values())) {
            any |= nodes.schedule(pod, 0);
            any |= nodes.kubelet(pod, 1);
        }
        for (SimNode node : api.nodes.values()) {
            any |= nodes.agent(node);
        }
        return any;
    }
}
