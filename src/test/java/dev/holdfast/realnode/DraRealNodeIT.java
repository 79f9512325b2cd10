package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.testbed.DeviceClaims;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Devices by Dynamic Resource Allocation: the scheduler allocates, the kubelet prepares, the agent serves both. */
@OnRealNode
class DraRealNodeIT {
    private static final long MIB = 1024 * 1024;
    private static final String CDI_FILES = "ls /var/run/cdi | grep vfio.holdfast.dev-claim || true";

    private final RealNode node;
    private final NodeVms vms;
    private final DeviceClaims claims;

    DraRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
        claims = new DeviceClaims(node.api());
    }

    @AfterEach
    void switchBack() {
        returnAgent();
        node.clean();
        claims.deleteTemplates();
        claims.deleteClaims();
        claims.allocate("demo-gpu", Allocation.DevicePlugin);
        claims.allocate("radeon", Allocation.DevicePlugin);
        node.await("the device plugins offer both devices again").until(node::offersDevices);
    }

    @Test
    void aVmGetsItsGroupByAClaimTemplateWithItsExactLimit() {
        claims.allocate("demo-gpu", Allocation.DRA);
        awaitSlices("pci-0000-01-00-0");

        createByTemplate("vm");
        PassthroughVMStatus running = vms.awaitRunning("vm");

        assertThat(Objects.requireNonNull(running.devices()))
                .singleElement()
                .satisfies(device -> assertThat(device.pciAddresses()).containsExactly("0000:01:00.0", "0000:01:00.1"));
        long limit =
                Objects.requireNonNull(Objects.requireNonNull(running.memlock()).limitBytes());
        assertThat(limit).isEqualTo(256 * MIB + 256 * 1024 + MIB);
        RunningVm vm = RunningVm.await(vms, "vm");
        assertThat(vm.memlockLimit()).isEqualTo(limit + " " + limit);
        assertThat(cdiFiles()).hasLineCount(1);

        vms.delete("vm");
        vms.awaitGone("vm");
        node.await("nothing is left of the claim").until(() -> cdiFiles().isBlank() && claims.claims() == 0);
    }

    /** A device that is not viable or has no class by DRA is in no slice. */
    @Test
    void onlyViableGroupsOfTheClassAreAdvertised() {
        claims.allocate("demo-gpu", Allocation.DRA);
        awaitSlices("pci-0000-01-00-0");

        claims.allocate("radeon", Allocation.DRA);
        awaitSlices("pci-0000-01-00-0", "pci-0000-02-00-0");
    }

    @Test
    void aDeviceNameGetsItsDeviceByTheExtendedResourceOfTheDeviceClass() {
        claims.allocate("radeon", Allocation.DRA);
        awaitSlices("pci-0000-02-00-0");

        vms.create("vm", NodeVms.RADEON);

        PassthroughVMStatus running = vms.awaitRunning("vm");
        assertThat(Objects.requireNonNull(running.devices()))
                .singleElement()
                .satisfies(device -> assertThat(device.pciAddresses()).containsExactly("0000:02:00.0"));
        assertThat(cdiFiles()).hasLineCount(1);
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
        awaitSlices("pci-0000-01-00-0");
    }

    @Test
    void aSecondVmIsNotGivenTheClaimOfARunningOne() {
        claims.allocate("demo-gpu", Allocation.DRA);
        awaitSlices("pci-0000-01-00-0");
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
        claims.allocate("demo-gpu", Allocation.DRA);
        awaitSlices("pci-0000-01-00-0");
        createByTemplate("vm");
        RunningVm running = RunningVm.await(vms, "vm");

        node.daemon("restart", "kubelet");
        node.kubectl().run("delete", "resourceslices", "--all");

        awaitSlices("pci-0000-01-00-0");
        running.assertUntouched();
    }

    @Test
    void aPodThatEndsWhileTheAgentIsAwayEndsOnceItIsBack() {
        claims.allocate("demo-gpu", Allocation.DRA);
        awaitSlices("pci-0000-01-00-0");
        createByTemplate("vm");
        RunningVm running = RunningVm.await(vms, "vm");
        removeAgent();

        vms.delete("vm");
        node.await("QEMU has ended").until(() -> node.qemuPid(running.podUid()).isEmpty());
        assertThat(node.api().pod("vm")).isPresent();

        returnAgent();
        vms.awaitGone("vm");
        node.await("nothing is left of the claim").until(() -> cdiFiles().isBlank());
    }

    @Test
    void aForcedDeleteLeavesTheDeviceToTheNextVm() {
        claims.allocate("demo-gpu", Allocation.DRA);
        awaitSlices("pci-0000-01-00-0");
        createByTemplate("vm");
        vms.awaitRunning("vm");

        node.kubectl().run("delete", "pod", "vm", "--namespace=default", "--force", "--grace-period=0");
        vms.delete("vm");
        node.await("the VM is gone").until(() -> node.api().vm("vm").isEmpty());

        claims.createVm("next", "demo-gpu");
        vms.awaitRunningInTheEnd("next");
    }

    private void createByTemplate(String name) {
        claims.createTemplate("demo-gpu");
        claims.createVm(name, "demo-gpu");
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

    private void awaitSlices(String... devices) {
        node.await("the slices have " + List.of(devices))
                .until(() -> claims.published().equals(List.of(devices)));
    }

    private String cdiFiles() {
        return node.node().exec("sh", "-c", CDI_FILES).orThrow();
    }
}
