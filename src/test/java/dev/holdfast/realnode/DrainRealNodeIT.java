package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.testbed.cluster.ClientProgram;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests VMs whose node is drained, by kubectl drain and by the Eviction API. */
@OnRealNode
class DrainRealNodeIT {
    private static final String VM_PODS = "holdfast.dev/vm-pod";

    private final RealNode node;
    private final NodeVms vms;

    DrainRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    @AfterEach
    void useTheNodeAgain() {
        node.kubectl().run("uncordon", RealNode.NAME);
        node.kubectl().run("delete", "pdb", "--all", "--namespace=default");
    }

    /** The operator stays, as there is no other node for it. */
    @Test
    void aDrainEndsTheVmsAndEachComesBackAsItsStrategySays() {
        PassthroughVM always = vms.create("always", NodeVms.DEMO_GPU);
        RunningVm first = RunningVm.await(vms, "always");
        vms.create("once", NodeVms.RADEON);
        RunningVm second = RunningVm.await(vms, "once");
        setStrategy("once", RunStrategy.Once);

        drain("15m");

        assertThat(node.qemuPid(first.podUid())).isEmpty();
        assertThat(node.qemuPid(second.podUid())).isEmpty();
        assertThat(reasons(always)).contains("PodEvicted");
        assertThat(vms.warnings(first.podUid())).isEmpty();
        Condition waiting = node.await("the VM waits for a node")
                .until(
                        () -> node.api().condition("always", "DevicesAllocated"),
                        condition -> condition
                                .filter(now -> "Unschedulable".equals(now.getReason()))
                                .isPresent())
                .orElseThrow();
        assertThat(waiting.getMessage()).contains("unschedulable");

        node.kubectl().run("uncordon", RealNode.NAME);
        first.awaitSuccessor();
        PassthroughVMStatus over = vms.status("once").orElseThrow();
        assertThat(over.phase()).isEqualTo(Phase.Failed);
        assertThat(node.api().condition("once", "Ready").orElseThrow().getMessage())
                .contains("spec.runStrategy is Once");
        assertThat(node.api().pod("once")).isEmpty();
    }

    @Test
    void aBudgetHoldsUpDrainAndEvictionUntilItIsGone() {
        PassthroughVM vm = vms.create("vm", NodeVms.DEMO_GPU);
        RunningVm running = RunningVm.await(vms, "vm");
        budget();

        ClientProgram.Output drained = tryDrain("20s");
        assertThat(drained.status()).isNotZero();
        assertThat(drained.err()).contains("disruption budget");
        assertThat(evict()).isFalse();
        running.assertUntouched();

        node.kubectl().run("delete", "pdb", "vms", "--namespace=default");
        node.kubectl().run("uncordon", RealNode.NAME);
        node.await("the eviction is accepted").until(this::evict);
        running.awaitSuccessor();
        assertThat(reasons(vm)).contains("PodEvicted");
    }

    private void budget() {
        PodDisruptionBudget budget = new PodDisruptionBudgetBuilder()
                .withNewMetadata()
                .withName("vms")
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .withNewMinAvailable(1)
                .withNewSelector()
                .addToMatchLabels(VM_PODS, "true")
                .endSelector()
                .endSpec()
                .build();
        var budgets = node.api().admin().policy().v1().podDisruptionBudget().inNamespace("default");
        budgets.resource(budget).create();
        node.await("the budget knows of the VM's pod")
                .until(
                        () -> Optional.ofNullable(budgets.withName("vms").get().getStatus()),
                        status -> status.filter(now -> Objects.equals(now.getCurrentHealthy(), 1))
                                .isPresent());
    }

    private boolean evict() {
        return node.api().admin().pods().inNamespace("default").withName("vm").evict();
    }

    private void drain(String timeout) {
        ClientProgram.Output drained = tryDrain(timeout);
        assertThat(drained.status()).as(drained.err()).isZero();
    }

    /** Drains the pods of VMs by the guide's command. */
    private ClientProgram.Output tryDrain(String timeout) {
        return node.kubectl()
                .attempt(
                        "drain",
                        RealNode.NAME,
                        "--delete-emptydir-data",
                        "--pod-selector=" + VM_PODS + "=true",
                        "--timeout=" + timeout);
    }

    private void setStrategy(String name, RunStrategy strategy) {
        node.userKubectl()
                .run(
                        "patch",
                        "ptvm",
                        name,
                        "--namespace=default",
                        "--type=merge",
                        "--patch={\"spec\":{\"runStrategy\":\"" + strategy + "\"}}");
    }

    private List<String> reasons(PassthroughVM vm) {
        return vms.events(vm.getMetadata().getUid()).stream()
                .map(Event::getReason)
                .toList();
    }
}
