package dev.holdfast.plan.simulation;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.simulation.World.SimNode;
import dev.holdfast.plan.simulation.World.Vm;
import dev.holdfast.plan.simulation.World.VmPod;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The API server: objects, preconditions, graceful deletion, and the garbage collector. */
final class Api {
    /** A watch; null for a deleted object. */
    interface Watcher {
        void vm(String name, @Nullable PassthroughVM vm);

        void pod(String name, @Nullable Pod pod);

        void node(String name, @Nullable PassthroughNode report);

        void others();
    }

    final Map<String, Vm> vms = new TreeMap<>();
    final Map<String, VmPod> pods = new TreeMap<>();
    final Map<String, SimNode> nodes = new TreeMap<>();
    final Set<String> classes = new TreeSet<>(Set.of(Specs.CLASS));
    final Set<Feature> features;
    final Violations violations;
    final Checks checks;
    boolean quotaExceeded;
    boolean claimExists = true;
    long now;
    long statusWrites;
    private Watcher watcher;
    private long version;
    private int ids;

    Api(Set<Feature> features, Violations violations, Watcher none) {
        this.features = features;
        this.violations = violations;
        this.watcher = none;
        this.checks = new Checks(this, violations);
        for (String name : List.of("node-1", "node-2")) {
            nodes.put(name, new SimNode(name));
        }
    }

    void watchedBy(Watcher other) {
        watcher = other;
    }

    /** Returns an existing object. */
    Vm vm(String name) {
        return Objects.requireNonNull(vms.get(name), name);
    }

    /** Returns an existing object. */
    VmPod pod(String name) {
        return Objects.requireNonNull(pods.get(name), name);
    }

    /** Returns one of the two nodes. */
    SimNode node(String name) {
        return Objects.requireNonNull(nodes.get(name), name);
    }

    String time() {
        return World.time(now).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    int nextId() {
        return ++ids;
    }

    // VMs

    void create(String name, RunStrategy strategy) {
        Vm vm = new Vm(name, "vm-" + nextId(), strategy, Specs.USUAL);
        vms.put(name, vm);
        violations.log("user makes VM %s (%s), %s", name, vm.uid, strategy);
        changed(vm);
    }

    void delete(Vm vm) {
        vms.remove(vm.name);
        violations.log("user deletes VM %s (%s)", vm.name, vm.uid);
        watcher.vm(vm.name, null);
    }

    void changed(Vm vm) {
        vm.version = ++version;
        watcher.vm(vm.name, vm.object());
    }

    /** Server-side apply with UID and resourceVersion: only to the version of the VM that was read. */
    boolean writeStatus(PassthroughVM asRead, PassthroughVMStatus status) {
        Vm vm = vms.get(asRead.getMetadata().getName());
        if (vm == null
                || !vm.uid.equals(asRead.getMetadata().getUid())
                || !String.valueOf(vm.version).equals(asRead.getMetadata().getResourceVersion())) {
            violations.log("status of %s: 409", asRead.getMetadata().getName());
            return false;
        }
        PassthroughVMStatus before = vm.status;
        vm.status = status;
        statusWrites++;
        violations.log("status of %s: %s", vm.name, Checks.shown(status));
        checks.written(vm, before, status);
        changed(vm);
        return true;
    }

    // Pods

    /** Returns null when a pod of that name exists. */
    @Nullable
    VmPod create(Pod pod, PassthroughVM owner) {
        String name = pod.getMetadata().getName();
        if (pods.containsKey(name)) {
            return null;
        }
        String uid = "pod-" + nextId();
        Vm vm = vms.get(name);
        VmPod made = new VmPod(
                name,
                uid,
                owner.getMetadata().getUid(),
                vm == null ? Specs.USUAL : variant(owner),
                vm == null ? 0 : vm.onceEra,
                new PodBuilder(pod)
                        .editMetadata()
                        .withUid(uid)
                        .withCreationTimestamp(time())
                        .endMetadata()
                        .withNewStatus()
                        .withPhase("Pending")
                        .endStatus()
                        .build());
        if (features.contains(Feature.SIDECARS)) {
            inject(made);
        }
        pods.put(name, made);
        violations.log("operator makes pod %s of %s (%s)", uid, name, made.vmUid);
        changed(made);
        return made;
    }

    private static int variant(PassthroughVM owner) {
        for (int variant = 0; variant < Specs.count(); variant++) {
            if (owner.getSpec()
                    == Specs.of(Objects.requireNonNull(owner.getSpec().runStrategy()), variant)) {
                return variant;
            }
        }
        throw new IllegalArgumentException("the spec is unknown");
    }

    private void inject(VmPod pod) {
        pod.injectedNative = ids % 2 == 0;
        ContainerBuilder sidecar = new ContainerBuilder().withName(Nodes.SIDECAR);
        pod.object = pod.injectedNative
                ? new PodBuilder(pod.object)
                        .editSpec()
                        .addToInitContainers(
                                0, sidecar.withRestartPolicy("Always").build())
                        .endSpec()
                        .build()
                : new PodBuilder(pod.object)
                        .editSpec()
                        .addToContainers(0, sidecar.build())
                        .endSpec()
                        .build();
    }

    void changed(VmPod pod) {
        pod.object = new PodBuilder(pod.object)
                .editMetadata()
                .withResourceVersion(String.valueOf(++version))
                .endMetadata()
                .build();
        watcher.pod(pod.vm, pod.object);
    }

    /** Deletes as the operator does: the UID must match, and the resourceVersion if present. */
    boolean delete(String name, String uid, @Nullable String asRead) {
        VmPod pod = pods.get(name);
        if (pod == null || !pod.uid.equals(uid)) {
            return pod == null;
        }
        if (asRead != null && !asRead.equals(pod.object.getMetadata().getResourceVersion())) {
            return false;
        }
        delete(pod);
        return true;
    }

    void delete(VmPod pod) {
        if (pod.node() == null || pod.isOver()) {
            remove(pod);
        } else if (!pod.isLeaving()) {
            pod.object = new PodBuilder(pod.object)
                    .editMetadata()
                    .withDeletionTimestamp(time())
                    .endMetadata()
                    .build();
            changed(pod);
        }
    }

    void remove(VmPod pod) {
        pods.remove(pod.vm);
        violations.log("pod %s is gone", pod.uid);
        watcher.pod(pod.vm, null);
    }

    /** The garbage collector, for pods whose VM is deleted. */
    boolean collect() {
        boolean any = false;
        for (VmPod pod : List.copyOf(pods.values())) {
            Vm vm = vms.get(pod.vm);
            if ((vm == null || !vm.uid.equals(pod.vmUid)) && !pod.isLeaving()) {
                violations.log("garbage collector deletes pod %s", pod.uid);
                delete(pod);
                any = true;
            }
        }
        return any;
    }

    // Nodes and other objects

    void report(SimNode node, @Nullable PassthroughNode report) {
        if (!Objects.equals(node.report, report)) {
            node.report = report;
            watcher.node(node.name, report);
        }
    }

    void othersChanged() {
        watcher.others();
    }
}
