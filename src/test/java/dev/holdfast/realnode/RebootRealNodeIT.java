package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests VMs after a power failure of their node. Boots its own node, whose disk is kept. */
class RebootRealNodeIT {
    private static final Path WORK = Path.of("target/real-node/reboot").toAbsolutePath();

    @Test
    void grantsOfTheFormerBootAreDroppedAndVmsStartAgainAsTheirStrategySays() {
        Build build = Build.here();
        try (RealNode node =
                RealNode.start(build, WORK, RealNode.Setup.usual(build).keepingDisk())) {
            NodeVms vms = new NodeVms(node);
            vms.create("always", NodeVms.DEMO_GPU);
            RunningVm always = RunningVm.await(vms, "always");
            vms.create("once", NodeVms.RADEON);
            RunningVm once = RunningVm.await(vms, "once");
            node.userKubectl()
                    .run("patch", "ptvm", "once", "--type=merge", "--patch={\"spec\":{\"runStrategy\":\"Once\"}}");
            PassthroughNodeStatus before = report(node);
            assertThat(podsWithGrants(before)).containsExactlyInAnyOrder(always.podUid(), once.podUid());

            node.reboot();

            PassthroughNodeStatus after = node.await("the agent reports another boot")
                    .until(() -> report(node), now -> !Objects.equals(now.bootID(), before.bootID()));
            assertThat(podsWithGrants(after)).doesNotContain(always.podUid(), once.podUid());

            always.awaitSuccessor();
            PassthroughVMStatus over = node.await("the VM that runs once has failed")
                    .until(
                            () -> vms.status("once"),
                            status -> status.filter(now -> now.phase() == Phase.Failed)
                                    .isPresent())
                    .orElseThrow();
            assertThat(over.podUID()).isEqualTo(once.podUid());
            assertThat(node.api().condition("once", "Ready").orElseThrow().getMessage())
                    .contains("spec.runStrategy is Once");

            node.await("the kubelet offers both devices").until(node::offersDevices);
            node.clean();
        }
    }

    private static PassthroughNodeStatus report(RealNode node) {
        return node.api().passthroughNode().map(PassthroughNode::getStatus).orElseThrow();
    }

    private static List<String> podsWithGrants(PassthroughNodeStatus report) {
        return Optional.ofNullable(report.grants()).orElse(List.of()).stream()
                .map(Grant::podUID)
                .toList();
    }
}
