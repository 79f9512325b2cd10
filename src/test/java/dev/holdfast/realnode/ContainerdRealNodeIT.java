package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests the effects of the end of containerd on VMs that run, and on VMs that start. */
@OnRealNode
class ContainerdRealNodeIT {
    private final RealNode node;
    private final NodeVms vms;

    ContainerdRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    @Test
    void aVmRunsOnAndAnotherGetsThereWhileContainerdIsRestartedAndThenKilled() {
        vms.create("running", NodeVms.DEMO_GPU);
        RunningVm running = RunningVm.await(vms, "running");
        vms.create("starting", NodeVms.RADEON);
        String startingPod = vms.awaitPod("starting").getMetadata().getUid();
        node.await("the second VM is on the node")
                .until(() -> node.api().pod("starting").map(pod -> pod.getSpec().getNodeName()), Optional::isPresent);

        node.daemon("restart", "containerd");
        vms.awaitLauncher("starting");
        node.daemon("kill", "containerd");

        RunningVm started = RunningVm.await(vms, "starting");
        assertThat(started.podUid()).isEqualTo(startingPod);
        running.assertUntouched();

        // Functions of containerd work again: a process in the container, the stop hook, the end of the pod.
        assertThat(node.userKubectl().run("exec", "running", "--", "cat", "/proc/1/comm"))
                .startsWith("qemu-system");
        vms.delete("running");
        vms.awaitGone("running");
        assertThat(vms.warnings(running.podUid())).isEmpty();
        started.assertUntouched();
    }
}
