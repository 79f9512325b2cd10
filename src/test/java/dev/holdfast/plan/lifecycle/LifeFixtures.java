package dev.holdfast.plan.lifecycle;

import static dev.holdfast.plan.lifecycle.PlanFixtures.IDLE;
import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;
import static dev.holdfast.testbed.fixtures.Samples.with;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.plan.lifecycle.Action.DeletePod;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** VMs that ended or are restarted, for the tests of run strategies and restarts. */
final class LifeFixtures {
    static final PassthroughNode GRANTED = node(List.of(), grant("pod-1", VM_UID, 134217728L));
    static final Instant LATER = NOW.plusSeconds(3600);
    static final DeletePod DELETE = new DeletePod("gpu-vm", "pod-1", Optional.empty());

    private LifeFixtures() {}

    static PassthroughVM changed(String at) {
        PassthroughVM changed = asked(at, running());
        changed.getMetadata().setGeneration(2L);
        changed.setSpec(vm("""
                memory: {guest: 64Gi}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """).getSpec());
        return changed;
    }

    static PassthroughVM asked(String at, @Nullable PassthroughVMStatus status) {
        PassthroughVM vm = vm();
        vm.getMetadata().setAnnotations(Map.of("holdfast.dev/restartedAt", at));
        vm.setStatus(status);
        return vm;
    }

    static PassthroughVMStatus running() {
        PassthroughVMStatus bound = plan(vm(), pod("pod-1"), NOW).status();
        return plan(with(vm(), bound), started(pod("pod-1"), 60), NOW).status();
    }

    static PassthroughVMStatus restarted(PassthroughVMStatus status, int restarts) {
        return Statuses.with(status, Map.of("restarts", restarts));
    }

    /** Plans with an agent that reports the grant of pod-1 while there is a pod. */
    static VmPlan plan(PassthroughVM vm, @Nullable Pod pod, Instant now) {
        return Samples.planned(ObservedStates.of(vm, pod, isFirst(pod) ? GRANTED : IDLE), DEFAULTS, now);
    }

    static Condition ready(PassthroughVMStatus status) {
        return VmConditions.state(status.conditions()).orElseThrow();
    }

    static Optional<Condition> find(PassthroughVMStatus status, String type) {
        return VmConditions.find(status.conditions(), type);
    }

    static boolean isFirst(@Nullable Pod pod) {
        return pod != null && pod.getMetadata().getUid().equals("pod-1");
    }
}
