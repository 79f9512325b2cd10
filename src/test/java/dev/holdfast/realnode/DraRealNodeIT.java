package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.testbed.DeviceClaims;
import dev.holdfast.testbed.node.NodeClaims;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Devices by Dynamic Resource Allocation: the scheduler allocates, the kubelet prepares, the agent serves both. */
@OnRealNode
class DraRealNodeIT {
    private static final long MIB = 1024 * 1024;

    private final RealNode node;
    private final NodeVms vms;
    private final NodeClaims published;
    private final DeviceClaims claims;

    DraRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
        published = NodeClaims.of(node);
        claims = published.claims();
    }

    @AfterEach
    void switchBack() {
        returnAgent();
        published.switchBack();
    }

    @Test
    void aVmGetsItsGroupByAClaimTemplateWithItsExactLimit() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);

        published.createByTemplate("vm");
        PassthroughVMStatus running = vms.awaitRunning("vm");

        assertThat(Objects.requireNonNull(running.devices()))
                .singleElement()
                .satisfies(device -> assertThat(device.pciAddresses()).containsExactly("0000:01:00.0", "0000:01:00.1"));
        long limit =
                Objects.requireNonNull(Objects.requireNonNull(running.memlock()).limitBytes());
        assertThat(limit).isEqualTo(256 * MIB + 256 * 1024 + MIB);
        RunningVm vm = RunningVm.await(vms, "vm");
        assertThat(vm.memlockLimit()).isEqualTo(limit + " " + limit);
        assertThat(published.cdiFiles()).hasLineCount(1);

        vms.delete("vm");
        vms.awaitGone("vm");
        published.awaitNothingLeft();
    }

    /** A device that is not viable or has no class by DRA is in no slice. */
    @Test
    void onlyViableGroupsOfTheClassAreAdvertised() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);

        published.publish("radeon", NodeClaims.DEMO_GPU, NodeClaims.RADEON);
    }

    @Test
    void aDeviceNameGetsItsDeviceByTheExtendedResourceOfTheDeviceClass() {
        published.publish("radeon", NodeClaims.RADEON);

        vms.create("vm", NodeVms.RADEON);

        // As long as the Node still has the count of the device plugin, the kubelet refuses the pod, and the VM gets
        // another.
        PassthroughVMStatus running = vms.awaitRunningInTheEnd("vm");
        assertThat(Objects.requireNonNull(running.devices()))
                .singleElement()
                .satisfies(device -> assertThat(device.pciAddresses()).containsExactly("0000:02:00.0"));
        assertThat(published.cdiFiles()).hasLineCount(1);
    }

    @Test
    void aClassIsSwitchedUnderARunningVmOnceThatHasEnded() {
        vms.create("vm", NodeVms.DEMO_GPU);
        RunningVm running = RunningVm.await(vms, "vm");

        claims.allocate("demo-gpu", Allocation.DRA);
        node.await("the agent reports what the class waits for")
                .until(() -> node.holdfastLogs("holdfast-agent-").contains("but the allocation of the class is DRA"));
        running.assertUntouched();
        assertThat(claims.published()).isEmpty();

        vms.delete("vm");
        vms.awaitGone("vm");
        published.awaitPublished(NodeClaims.DEMO_GPU);
    }

    @Test
    void aSecondVmIsNotGivenTheClaimOfARunningOne() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        claims.createClaim("demo-gpu");
        claims.createVmWithClaim("vm", "demo-gpu");
        RunningVm running = RunningVm.await(vms, "vm");

        claims.createVmWithClaim("second", "demo-gpu");

        node.await("the second VM reports who has its claim")
                .until(() -> node.api().condition("second", "Ready").stream()
                        .anyMatch(condition -> condition.getReason().equals("ResourceClaimReserved")
                                && condition.getMessage().contains("is reserved for pod vm")));
        assertThat(node.api().pod("second")).isEmpty();
        running.assertUntouched();

        vms.delete("vm");
        vms.awaitRunning("second");
    }

    @Test
    void theKubeletsRestartLeavesSlicesAndVmsAsTheyWere() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        published.createByTemplate("vm");
        RunningVm running = RunningVm.await(vms, "vm");

        node.daemon("restart", "kubelet");
        node.kubectl().run("delete", "resourceslices", "--all");

        published.awaitPublished(NodeClaims.DEMO_GPU);
        running.assertUntouched();
    }

    @Test
    void aPodThatEndsWhileTheAgentIsAwayEndsOnceItIsBack() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        published.createByTemplate("vm");
        RunningVm running = RunningVm.await(vms, "vm");
        removeAgent();

        vms.delete("vm");
        node.await("QEMU has ended").until(() -> node.qemuPid(running.podUid()).isEmpty());
        assertThat(node.api().pod("vm")).isPresent();

        returnAgent();
        vms.awaitGone("vm");
        published.awaitNothingLeft();
    }

    @Test
    void aForcedDeleteLeavesTheDeviceToTheNextVm() {
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        published.createByTemplate("vm");
        vms.awaitRunning("vm");

        node.kubectl().run("delete", "pod", "vm", "--namespace=default", "--force", "--grace-period=0");
        vms.delete("vm");
        node.await("the VM is gone").until(() -> node.api().vm("vm").isEmpty());

        claims.createVm("next", "demo-gpu");
        vms.awaitRunningInTheEnd("next");
    }

    /** The DaemonSet stays, without a node for its pods. */
    private void removeAgent() {
        selectNodes("{\"example.com/none\":\"\"}");
        node.await("the agent is gone").until(() -> agents() == 0);
    }

    private void returnAgent() {
        selectNodes("{\"example.com/none\":null}");
        node.await("the agent is back").until(node::holdfastIsReady);
    }

    private void selectNodes(String labels) {
        node.kubectl()
                .run(
                        "patch",
                        "daemonset",
                        "holdfast-agent",
                        "--namespace=holdfast",
                        "--type=merge",
                        "--patch={\"spec\":{\"template\":{\"spec\":{\"nodeSelector\":" + labels + "}}}}");
    }

    private long agents() {
        return node.api().holdfastsPods().stream()
                .filter(pod -> pod.getMetadata().getName().startsWith("holdfast-agent-"))
                .count();
    }
}
