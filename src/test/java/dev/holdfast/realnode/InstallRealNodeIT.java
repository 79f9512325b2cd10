package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests an installation and VMs with devices, with the built images and the shipped manifests. */
@OnRealNode
@Tag("ci")
class InstallRealNodeIT {
    private static final long MIB = 1024 * 1024;

    private final RealNode node;
    private final NodeVms vms;

    InstallRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    @Test
    void agentAndOperatorAreReadyAndNoProbeHasEndedThem() {
        assertThat(node.holdfastIsReady()).isTrue();
        assertThat(node.api().holdfastsPods())
                .isNotEmpty()
                .allSatisfy(pod -> assertThat(pod.getStatus().getContainerStatuses())
                        .isNotEmpty()
                        .allSatisfy(container ->
                                assertThat(container.getRestartCount()).isZero()));
    }

    @Test
    void theKubeletOffersWhatTheAgentHasRegistered() {
        Node object = node.api().admin().nodes().withName(RealNode.NAME).get();

        Map<String, Quantity> allocatable = object.getStatus().getAllocatable();
        assertThat(allocatable)
                .containsEntry(NodeVms.DEMO_GPU, new Quantity("1"))
                .containsEntry(NodeVms.RADEON, new Quantity("1"));
    }

    @Test
    void aVmGetsItsDevicesAndItsLimitInARestrictedNamespace() {
        vms.create("vm", NodeVms.DEMO_GPU);
        PassthroughVMStatus running = vms.awaitRunning("vm");
        Pod pod = node.api().pod("vm").orElseThrow();

        // The limit: the plan's, as the agent reports it and as the kernel has it.
        Memlock memlock = Objects.requireNonNull(running.memlock());
        assertThat(memlock.limitBytes()).isEqualTo(256 * MIB + 256 * 1024 + MIB);
        assertThat(memlock.appliedBytes()).isEqualTo(memlock.limitBytes());
        assertThat(memlockLimit(vms.qemuPid("vm"))).isEqualTo(memlock.limitBytes());

        // The device: allocated by the kubelet, and shown by its PodResources; in the container by CDI, owned by QEMU's
        // user.
        assertThat(Objects.requireNonNull(running.devices()))
                .singleElement()
                .satisfies(device -> assertThat(device.pciAddresses()).containsExactly("0000:01:00.0", "0000:01:00.1"));
        assertThat(devices(vms.qemuPid("vm")))
                .containsPattern("/dev/vfio/[0-9]+ 107")
                .contains("/dev/vfio/vfio");

        // Output for the user, by the kubelet.
        assertThat(node.userKubectl().run("logs", "vm")).contains("limit");
        assertThat(pod.getStatus().getPodIP()).startsWith("10.244.0.");
    }

    @Test
    void aVmThatIsDeletedLeavesNoWarningNothingOnTheNodeAndItsDeviceFree() {
        PassthroughVM vm = vms.create("vm", NodeVms.DEMO_GPU);
        vms.awaitRunning("vm");
        String podUid = vms.podUid("vm");

        vms.delete("vm");
        vms.awaitGone("vm");

        assertThat(vms.events(podUid))
                .extracting(Event::getReason)
                .contains("Scheduled", "Created", "Started", "Killing");
        assertThat(vms.warnings(podUid)).extracting(Event::getMessage).isEmpty();
        assertThat(vms.warnings(uidOf(vm))).extracting(Event::getMessage).isEmpty();
        node.await("no cgroup of the pod is left")
                .until(() -> node.node()
                        .exec("find", "/sys/fs/cgroup/kubepods", "-name", "*pod" + podUid + "*")
                        .orThrow()
                        .isEmpty());
        assertThat(node.node().exec("pgrep", "-c", "qemu").out().strip()).isEqualTo("0");
        node.await("the device is free").until(() -> node.api().freeGroups() == 2);
    }

    @Test
    void theSecondVmForOneDeviceSaysWhyItWaitsAndGetsTheDeviceAfterTheFirst() {
        vms.create("first", NodeVms.RADEON);
        vms.awaitRunning("first");
        vms.create("second", NodeVms.RADEON);

        Condition why = node.await("the second VM says why it waits")
                .until(
                        () -> node.api().condition("second", "DevicesAllocated"),
                        condition -> condition
                                .filter(now -> "DevicesInUse".equals(now.getReason()))
                                .isPresent())
                .orElseThrow();
        assertThat(why.getStatus()).isEqualTo("False");
        assertThat(why.getMessage())
                .contains(
                        "0 of 1 nodes have a free holdfast.dev/radeon (1 in use)",
                        "pods use 0000:02:00.0 on virtual-node");

        vms.delete("first");
        PassthroughVMStatus running = vms.awaitRunning("second");
        assertThat(Objects.requireNonNull(running.devices()))
                .singleElement()
                .satisfies(device -> assertThat(device.pciAddresses()).containsExactly("0000:02:00.0"));
    }

    private static String uidOf(PassthroughVM vm) {
        return Objects.requireNonNullElse(vm.getMetadata().getUid(), "");
    }

    /** Returns the kernel's limit, after checking that soft and hard limit are equal. */
    private long memlockLimit(long pid) {
        String limits = node.node()
                .exec("prlimit", "--memlock", "--noheadings", "--raw", "--output=SOFT,HARD", "--pid=" + pid)
                .orThrow()
                .strip();
        var both = Pattern.compile("(\\d+) (\\d+)").matcher(limits);
        assertThat(both.matches()).as(limits).isTrue();
        assertThat(both.group(1)).isEqualTo(both.group(2));
        return Long.parseLong(both.group(1));
    }

    /** The VFIO files that the process sees, with their owner. */
    private String devices(long pid) {
        return node.node()
                .exec("sh", "-c", "cd /proc/" + pid + "/root && stat -c '/%n %u' dev/vfio/*")
                .orThrow();
    }
}
