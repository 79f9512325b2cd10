package dev.holdfast.plan.lifecycle;

import static dev.holdfast.testbed.fixtures.Samples.DEFAULTS;
import static dev.holdfast.testbed.fixtures.Samples.NOW;
import static dev.holdfast.testbed.fixtures.Samples.VM_UID;
import static dev.holdfast.testbed.fixtures.Samples.device;
import static dev.holdfast.testbed.fixtures.Samples.grant;
import static dev.holdfast.testbed.fixtures.Samples.node;
import static dev.holdfast.testbed.fixtures.Samples.pod;
import static dev.holdfast.testbed.fixtures.Samples.started;
import static dev.holdfast.testbed.fixtures.Samples.vm;

import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.plan.status.VmConditions;
import dev.holdfast.testbed.fixtures.ObservedStates;
import dev.holdfast.testbed.fixtures.Samples;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** VMs on the way to their grant, and what is planned for them. */
final class PlanFixtures {
    static final PassthroughNode IDLE = node(List.of(device("0000:01:00.0", DeviceState.Free, null)));
    static final long LIMIT = 135528448;

    private PlanFixtures() {}

    static PassthroughVM unlimited() {
        return Samples.vm("""
                memory: {guest: 128Mi, memlock: {policy: Unlimited}}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
                """);
    }

    static String message(PassthroughVMStatus status, String type) {
        return VmConditions.find(status.conditions(), type).orElseThrow().getMessage();
    }

    static PassthroughVMStatus running(PassthroughVM vm, long lockedBytes) {
        return plan(vm, started(pod("pod-1"), 1), node(List.of(), grant("pod-1", VM_UID, lockedBytes)))
                .status();
    }

    static PassthroughVMStatus bound() {
        return plan(vm(), pod("pod-1")).status();
    }

    static PassthroughVM boundVm() {
        return Samples.with(vm(), bound());
    }

    static PassthroughVMStatus running() {
        return plan(boundVm(), started(pod("pod-1"), 1), node(List.of(), grant("pod-1", VM_UID, 134217728L)))
                .status();
    }

    static VmPlan plan(PassthroughVM vm, @Nullable Pod pod) {
        return plan(vm, pod, IDLE);
    }

    static VmPlan plan(PassthroughVM vm, @Nullable Pod pod, PassthroughNode node) {
        return Samples.planned(ObservedStates.of(vm, pod, node), DEFAULTS, NOW);
    }

    static String readyReason(VmPlan plan) {
        return VmConditions.state(plan.status().conditions()).orElseThrow().getReason();
    }

    static String readyMessage(VmPlan plan) {
        return VmConditions.state(plan.status().conditions()).orElseThrow().getMessage();
    }
}
