package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Agent and operator are replaced, as an upgrade does, while a VM runs. */
@OnRealNode
class RolloutRealNodeIT {
    private static final String HALTED = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: halted, namespace: default}
            spec:
              runStrategy: Halted
              memory: {guest: 256Mi}
              devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/radeon}]}
            """;

    private final RealNode node;
    private final NodeVms vms;

    RolloutRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    @Test
    void aVmRunsOnUnderANewAgentAndANewOperator() {
        vms.create("vm", NodeVms.DEMO_GPU);
        PassthroughVMStatus before = vms.awaitRunning("vm");
        RunningVm running = RunningVm.await(vms, "vm");
        String agent = uid("holdfast-agent-");
        String operator = uid("holdfast-operator-");

        node.kubectl().run("rollout", "restart", "daemonset/holdfast-agent", "--namespace=holdfast");

        node.await("another agent is ready").until(() -> node.holdfastIsReady() && isAnother("holdfast-agent-", agent));
        isAsBefore(before, running);
        String limit = "holdfast_vm_memlock_limit_bytes{name=\"vm\",namespace=\"default\"} ";
        node.await("the new agent tells the limit of the VM, which it did not set")
                .until(() -> node.agentMetrics().contains(limit));
        // A new QEMU would have the same address on the bus: the devices were never given back.
        assertThat(node.api().freeGroups()).isEqualTo(1);

        node.kubectl().run("rollout", "restart", "deployment/holdfast-operator", "--namespace=holdfast");

        node.await("another operator is ready")
                .until(() -> node.holdfastIsReady() && isAnother("holdfast-operator-", operator));
        node.api().apply(Serialization.unmarshal(HALTED, PassthroughVM.class));
        node.await("the new operator works")
                .until(() -> vms.status("halted")
                        .filter(status -> status.phase() == Phase.Stopped)
                        .isPresent());
        isAsBefore(before, running);
    }

    private void isAsBefore(PassthroughVMStatus before, RunningVm running) {
        running.assertUntouched();
        PassthroughVMStatus now = vms.status("vm").orElseThrow();
        assertThat(now.startTimes()).isEqualTo(before.startTimes());
        long limit =
                Objects.requireNonNull(Objects.requireNonNull(before.memlock()).limitBytes());
        assertThat(running.memlockLimit()).isEqualTo(limit + " " + limit);
        assertThat(vms.warnings(running.podUid())).isEmpty();
    }

    private boolean isAnother(String prefix, String former) {
        String now = uid(prefix);
        return !now.isEmpty() && !now.equals(former);
    }

    /** Returns the UID of the pod that is not being deleted; empty if none exists. */
    private String uid(String prefix) {
        return node.api().holdfastsPods().stream()
                .filter(pod -> pod.getMetadata().getName().startsWith(prefix))
                .filter(pod -> !pod.isMarkedForDeletion())
                .map(Pod::getMetadata)
                .map(metadata -> metadata.getUid())
                .findFirst()
                .orElse("");
    }
}
