package dev.holdfast.plan.simulation;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** An operator with the caches and events of the reconciler; the caches lag as long as a schedule says. */
final class Operator implements Api.Watcher {
    private static final Set<Phase> WAITING = EnumSet.of(Phase.Pending, Phase.Starting, Phase.Stopping, Phase.Failed);
    private static final int RETRY = 500;

    /** State of the reconciler for one VM. */
    static final class Seen {
        PassthroughVM vm;
        boolean due = true;
        long timer = -1;

        @Nullable
        Attempt attempt;

        Seen(PassthroughVM vm) {
            this.vm = vm;
        }

        boolean isDue(long now) {
            return due || (timer >= 0 && timer <= now);
        }
    }

    private final Api api;
    final Map<String, Seen> vms = new TreeMap<>();
    private final Map<String, Pod> pods = new TreeMap<>();
    private final Map<String, PassthroughNode> reports = new TreeMap<>();
    private final Deque<Runnable> vmEvents = new ArrayDeque<>();
    private final Deque<Runnable> podEvents = new ArrayDeque<>();
    private final Deque<Runnable> nodeEvents = new ArrayDeque<>();
    private Set<String> classes;
    boolean runs = true;

    /** Lists all objects. */
    Operator(Api api) {
        this.api = api;
        this.classes = new TreeSet<>(api.classes);
        api.vms.values().forEach(vm -> vms.put(vm.name, new Seen(vm.object())));
        api.pods.values().forEach(pod -> pods.put(pod.vm, pod.object));
        api.nodes.values().stream()
                .filter(node -> node.report != null)
                .forEach(node -> reports.put(node.name, Objects.requireNonNull(node.report)));
        api.watchedBy(this);
    }

    // The watches.

    @Override
    public void vm(String name, @Nullable PassthroughVM vm) {
        vmEvents.add(() -> take(name, vm));
    }

    @Override
    public void pod(String name, @Nullable Pod pod) {
        podEvents.add(() -> {
            put(pods, name, pod);
            trigger(name);
        });
    }

    @Override
    public void node(String name, @Nullable PassthroughNode report) {
        nodeEvents.add(() -> {
            put(reports, name, report);
            if (report != null && report.getStatus().grants() != null) {
                report.getStatus().grants().forEach(grant -> trigger(grant.vm().name()));
            }
            triggerWaiting();
        });
    }

    @Override
    public void others() {
        nodeEvents.add(() -> {
            classes = new TreeSet<>(api.classes);
            triggerWaiting();
        });
    }

    private static <T> void put(Map<String, T> cache, String name, @Nullable T object) {
        if (object == null) {
            cache.remove(name);
        } else {
            cache.put(name, object);
        }
    }

    private void take(String name, @Nullable PassthroughVM vm) {
        Seen seen = vms.get(name);
        if (vm == null) {
            vms.remove(name);
        } else if (seen == null || !uid(seen.vm).equals(uid(vm))) {
            vms.put(name, new Seen(vm));
        } else if (version(vm) >= version(seen.vm)) {
            seen.due |= !Objects.equals(
                            vm.getMetadata().getGeneration(),
                            seen.vm.getMetadata().getGeneration())
                    || !Objects.equals(World.asked(vm), World.asked(seen.vm));
            seen.vm = vm;
        }
    }

    private static String uid(PassthroughVM vm) {
        return vm.getMetadata().getUid();
    }

    private static long version(PassthroughVM vm) {
        return Long.parseLong(vm.getMetadata().getResourceVersion());
    }

    private void trigger(String name) {
        Seen seen = vms.get(name);
        if (seen != null) {
            seen.due = true;
        }
    }

    private void triggerWaiting() {
        vms.values().stream().filter(seen -> isWaiting(seen.vm.getStatus())).forEach(seen -> seen.due = true);
    }

    private static boolean isWaiting(@Nullable PassthroughVMStatus status) {
        return status == null
                || status.phase() == null
                || status.formerPods() != null
                || WAITING.contains(status.phase());
    }

    boolean deliverPod() {
        return deliver(podEvents);
    }

    boolean deliverVm() {
        return deliver(vmEvents);
    }

    boolean deliverNode() {
        return deliver(nodeEvents);
    }

    boolean deliverAll() {
        boolean any = false;
        while (deliverPod() | deliverVm() | deliverNode()) {
            any = true;
        }
        return any;
    }

    private boolean deliver(Deque<Runnable> events) {
        Runnable event = runs ? events.poll() : null;
        if (event == null) {
            return false;
        }
        event.run();
        return true;
    }

    // The reconciliations.

    Attempt begin(Seen seen, long ownNow) {
        seen.due = false;
        seen.timer = -1;
        String name = seen.vm.getMetadata().getName();
        Optional<Pod> cached = Optional.ofNullable(pods.get(name));
        Optional<Pod> pod = cached.isPresent() || !expectsPod(seen.vm)
                ? cached
                : Optional.ofNullable(api.pods.get(name)).map(there -> there.object);
        Attempt attempt = new Attempt(api, seen.vm, pod, List.copyOf(reports.values()), classes, World.time(ownNow));
        seen.attempt = attempt;
        return attempt;
    }

    private static boolean expectsPod(PassthroughVM vm) {
        boolean halted = vm.getSpec().runStrategy() == RunStrategy.Halted;
        return !halted || (vm.getStatus() != null && vm.getStatus().phase() != Phase.Stopped);
    }

    /** Runs a reconciliation. Returns whether the operator still runs. */
    boolean end(Seen seen, Attempt.Fault fault) {
        Attempt attempt = Objects.requireNonNull(seen.attempt);
        seen.attempt = null;
        Attempt.Result result = attempt.finish(fault);
        switch (result) {
            case Attempt.Killed() -> {
                kill();
                return false;
            }
            case Attempt.TryAgain() -> seen.timer = api.now + RETRY;
            case Attempt.Done done -> {
                done.answer().filter(vm -> version(vm) > version(seen.vm)).ifPresent(vm -> seen.vm = vm);
                seen.timer = done.recheckMillis().map(pause -> api.now + pause).orElse(-1L);
            }
        }
        return true;
    }

    void kill() {
        api.violations.log("operator ends");
        runs = false;
    }
}
