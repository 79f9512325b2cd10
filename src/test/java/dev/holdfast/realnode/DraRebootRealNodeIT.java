package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.DeviceClaims;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Tests a VM with a claim after a power failure of its node: the agent and the kubelet find checkpoints of the former boot.
 * Boots its own node, whose disk is kept.
 */
class DraRebootRealNodeIT {
    private static final Path WORK = Path.of("target/real-node/dra-reboot").toAbsolutePath();

    @Test
    void aVmStartsAgainWithANewClaimAndNothingIsLeftOfTheFormerOne() {
        Build build = Build.here();
        try (RealNode node =
                RealNode.start(build, WORK, RealNode.Setup.usual(build).keepingDisk())) {
            NodeVms vms = new NodeVms(node);
            DeviceClaims claims = new DeviceClaims(node.api());
            claims.allocate("demo-gpu", Allocation.DRA);
            node.await("the GPU is in a slice").until(() -> claims.published().equals(List.of("pci-0000-01-00-0")));
            claims.createTemplate("demo-gpu");
            claims.createVm("vm", "demo-gpu");
            RunningVm running = RunningVm.await(vms, "vm");
            String limit = running.memlockLimit();

            node.reboot();

            RunningVm successor = running.awaitSuccessor();
            assertThat(successor.memlockLimit()).isEqualTo(limit);
            assertThat(claims.published()).containsExactly("pci-0000-01-00-0");
            node.await("only the new pod's claim is left, in the API server and on the node")
                    .until(() -> claims.claims() == 1 && preparedClaims(node) == 1);

            vms.delete("vm");
            vms.awaitGone("vm");
            node.await("nothing is left of the claim").until(() -> claims.claims() == 0 && preparedClaims(node) == 0);
            claims.deleteTemplates();
            node.clean();
        }
    }

    /** How many claims the agent's checkpoint has. */
    private static long preparedClaims(RealNode node) {
        String checkpoint = node.node()
                .exec("cat", "/var/lib/kubelet/plugins/vfio.holdfast.dev/checkpoint.json")
                .orThrow();
        return checkpoint.split("\"namespace\"", -1).length - 1L;
    }
}
