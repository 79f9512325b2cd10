package dev.holdfast.plan.simulation;

import dev.holdfast.api.Names;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The actual state of a simulated cluster. */
final class World {
    private static final Instant BEGIN = Instant.parse("2026-11-22T12:00:00Z");

    private World() {}

    static Instant time(long millis) {
        return BEGIN.plusMillis(millis);
    }

    /** A VM, with the records of its user and of the checks. */
    static final class Vm {
        final String name;
        final String uid;
        final Map<String, String> annotations = new HashMap<>();
        /** Pods that a reconciliation of this VM has read with a node. */
        final Set<String> seenPods = new HashSet<>();

        final Map<String, Set<String>> restarts = new HashMap<>();
        long generation = 1;
        long version;
        RunStrategy strategy;
        int variant;

        @Nullable
        PassthroughVMStatus status;

        int onceEra;
        int grantsInOnceEra;
        long lastStart = -1;
        long askedAt = -1;
        int asked;
        /** Time of the user's last request for a run. */
        long wantedAt = -1;

        /** Start of the machine whose guest powered itself off; -1 for none. */
        long poweredOff = -1;

        /** Number of the last write of a status with that end. */
        long haltedSince = -1;

        long boundAt = -1;

        Vm(String name, String uid, RunStrategy strategy, int variant) {
            this.name = name;
            this.uid = uid;
            this.strategy = strategy;
            this.variant = variant;
        }

        PassthroughVM object() {
            PassthroughVM vm = new PassthroughVM();
            vm.setMetadata(new ObjectMetaBuilder()
                    .withNamespace("lab")
                    .withName(name)
                    .withUid(uid)
                    .withGeneration(generation)
                    .withAnnotations(Map.copyOf(annotations))
                    .withResourceVersion(String.valueOf(version))
                    .build());
            vm.setSpec(Specs.of(strategy, variant));
            vm.setStatus(status);
            return vm;
        }
    }

    /** A pod of the API server. */
    static final class VmPod {
        final String vm;
        final String uid;
        final String vmUid;
        final int variant;
        final int onceEra;
        Pod object;

        @Nullable
        Process process;

        boolean imageFault;
        boolean sidecarEnded;
        boolean injectedNative;

        VmPod(String vm, String uid, String vmUid, int variant, int onceEra, Pod object) {
            this.vm = vm;
            this.uid = uid;
            this.vmUid = vmUid;
            this.variant = variant;
            this.onceEra = onceEra;
            this.object = object;
        }

        @Nullable
        String node() {
            return object.getSpec().getNodeName();
        }

        boolean isLeaving() {
            return object.getMetadata().getDeletionTimestamp() != null;
        }

        boolean isOver() {
            String phase = object.getStatus().getPhase();
            return phase.equals("Failed") || phase.equals("Succeeded");
        }
    }

    /** The launcher, and QEMU once it is granted. */
    static final class Process {
        final VmPod pod;
        final String node;
        final int pid;
        final long startedAt;
        boolean alive = true;
        boolean granted;
        long grantedAt;
        boolean locked;
        long endedAt;
        int exit;
        boolean endTold;
        /** True when the agent knows the process; one that was started without a report does not. */
        boolean forgotten;

        Process(VmPod pod, String node, int pid, long startedAt) {
            this.pod = pod;
            this.node = node;
            this.pid = pid;
            this.startedAt = startedAt;
        }

        void end(long now, int status) {
            alive = false;
            exit = status;
            endedAt = now;
        }
    }

    /** A node with one device, its kubelet and its agent. */
    static final class SimNode {
        final String name;
        final List<Process> processes = new ArrayList<>();
        /** Records of the running agent. */
        final List<Process> book = new ArrayList<>();

        boolean reachable = true;
        boolean powered = true;
        boolean agentRuns = true;
        boolean outOfService;
        boolean quarantined;
        int boot = 1;
        long skew;

        @Nullable
        PassthroughNode report;

        SimNode(String name) {
            this.name = name;
        }

        PassthroughNodeStatus status(boolean held) {
            return new PassthroughNodeStatus(
                    "boot-" + boot,
                    null,
                    List.of(DeviceBuilder.at("0000:01:00.0")
                            .group(null, "0000:01:00.0")
                            .deviceClass(Specs.CLASS)
                            .message(quarantined ? "it does not answer" : null)
                            .state(
                                    quarantined
                                            ? DeviceState.Quarantined
                                            : held ? DeviceState.Allocated : DeviceState.Free)
                            .build()),
                    book.stream()
                            .filter(process -> process.alive)
                            .map(this::grant)
                            .toList());
        }

        private Grant grant(Process process) {
            return new Grant(
                    process.pod.uid,
                    new VmReference("lab", process.pod.vm, process.pod.vmUid),
                    process.pid,
                    process.startedAt,
                    List.of(new GrantedDevice("gpu0", List.of("0000:01:00.0"), 1, null)),
                    1L,
                    null,
                    268_435_456L,
                    268_435_456L,
                    process.locked ? 200_000_000L : null,
                    time(process.grantedAt + skew).toString());
        }
    }

    /** Returns the value of the annotation that requests a restart; null for none. */
    static @Nullable String asked(PassthroughVM vm) {
        Map<String, String> annotations = vm.getMetadata().getAnnotations();
        return annotations == null ? null : annotations.get(Names.RESTARTED_AT_ANNOTATION);
    }
}
