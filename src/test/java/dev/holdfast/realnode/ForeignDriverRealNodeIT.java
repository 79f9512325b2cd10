package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.Device;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.testbed.node.ForeignDriver;
import dev.holdfast.testbed.node.NodeClaims;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Devices that another DRA driver allocates and prepares: its program runs on the node, beside the agent. */
@OnRealNode
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ForeignDriverRealNodeIT {
    private static final long MIB = 1024 * 1024;

    /** GPU C of the node: its audio function is on a driver of the host, so its group is not viable. */
    private static final String GPU = "0000:03:00.0";

    private static final String AUDIO = "0000:03:00.1";

    private final RealNode node;
    private final NodeVms vms;
    private final NodeClaims published;
    private ForeignDriver driver;

    ForeignDriverRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
        published = NodeClaims.of(node);
    }

    @BeforeAll
    void startDriver() {
        driver = ForeignDriver.start(node);
    }

    @AfterAll
    void endDriver() {
        driver.close();
    }

    @AfterEach
    void asBefore() {
        node.api().deleteVms();
        node.await("the VMs are gone").until(() -> vms.isGone("vm") && vms.isGone("both") && driver.isIdle());
        driver.withdraw();
        driver.prepare();
        node.node()
                .exec(node.cluster()
                        .build()
                        .script("virtual-node/prepare-devices")
                        .toString())
                .orThrow();
        node.applyDeviceClasses();
        published.switchBack();
    }

    /** The case of drivers that bind single functions: the VM starts once an administrator has bound the companion. */
    @Test
    void aVmWithADeviceOfAnotherDriverRunsOnceItsCompanionIsOnVfio() {
        node.kubectl().run("delete", "ptclass", "cirrus");
        node.await("the agent offers no device of the class")
                .until(() -> node.api().devices().anyMatch(device -> isGpu(device) && device.deviceClass() == null));
        driver.publish("gpu-c", GPU);
        published.claims().createTemplate(ForeignDriver.DEVICE_CLASS);
        published.claims().createVm("vm", ForeignDriver.DEVICE_CLASS);

        awaitMessage("vm", "(device gpu-c of driver gpu.example.com), but not the whole IOMMU group");
        awaitMessage("vm", " is on VFIO: " + AUDIO + " (driver snd_hda_intel); bind these companions to vfio-pci");
        bindToVfio(AUDIO);

        PassthroughVMStatus running = vms.awaitRunningInTheEnd("vm");
        assertThat(Objects.requireNonNull(running.devices()))
                .singleElement()
                .satisfies(device -> assertThat(device.pciAddresses()).containsExactly(GPU, AUDIO));
        RunningVm vm = new RunningVm(vms, "vm", vms.podUid("vm"), vms.qemuPid("vm"));
        long limit = 256 * MIB + 256 * 1024 + MIB;
        assertThat(running.memlock()).extracting(Memlock::limitBytes).isEqualTo(limit);
        assertThat(vm.memlockLimit()).isEqualTo(limit + " " + limit);
        assertThat(grants("vm")).containsExactly(new Quantity("1"));
        assertThat(published.cdiFiles()).isBlank();

        vms.delete("vm");
        vms.awaitGone("vm");
        node.await("the driver has released the claim")
                .until(() -> driver.isIdle() && published.claims().claims() == 0);
    }

    @Test
    void aDeviceThatTwoDriversOfferIsReportedOnBothSides() {
        driver.publish("gpu-a", "0000:01:00.0");
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);

        node.await("the node's report names the other driver")
                .until(() -> node.api()
                        .devices()
                        .map(Device::message)
                        .anyMatch(message -> message != null
                                && message.startsWith("0000:01:00.0 is offered by driver gpu.example.com, too, as"
                                        + " device gpu-a of pool virtual-node")));

        published.claims().createTemplate(ForeignDriver.DEVICE_CLASS);
        published.claims().createVm("vm", ForeignDriver.DEVICE_CLASS);
        awaitMessage("vm", "which PassthroughDeviceClass demo-gpu offers, too");
        assertThat(node.api().grants()).isZero();
    }

    /** Kubernetes 1.36.0 kept such a pod forever (kubernetes#139772). */
    @Test
    void aPodOfWhichOneDriverFailsCanBeDeletedAndTheVmStartsOnceThatDriverWorks() {
        driver.publish("edu", "0000:04:00.0");
        driver.refuse("the board has no power");
        published.publish("demo-gpu", NodeClaims.DEMO_GPU);
        published.claims().createTemplate("demo-gpu");
        published.claims().createTemplate(ForeignDriver.DEVICE_CLASS);
        published.createVmOfTwoDrivers(ForeignDriver.DEVICE_CLASS);
        awaitMessage("both", "the board has no power");

        String first = vms.podUid("both");
        node.userKubectl().run("delete", "pod", "both", "--namespace=default", "--wait=false");
        node.await("the pod is gone")
                .until(() -> node.api()
                        .pod("both")
                        .filter(pod -> pod.getMetadata().getUid().equals(first))
                        .isEmpty());

        driver.prepare();
        PassthroughVMStatus running = vms.awaitRunningInTheEnd("both");
        assertThat(Objects.requireNonNull(running.devices()))
                .flatExtracting(device -> device.pciAddresses())
                .containsExactly("0000:01:00.0", "0000:01:00.1", "0000:04:00.0");
        assertThat(published.cdiFiles()).hasLineCount(1);

        vms.delete("both");
        vms.awaitGone("both");
        published.awaitNothingLeft();
    }

    private static boolean isGpu(Device device) {
        return device.pciAddress().equals(GPU);
    }

    private void awaitMessage(String vm, String message) {
        node.await(vm + " reports: " + message)
                .until(() -> vms.status(vm).stream()
                        .flatMap(status ->
                                Objects.requireNonNullElse(status.conditions(), List.<Condition>of()).stream())
                        .anyMatch(condition -> condition.getMessage().contains(message)));
    }

    /** What the containers of a pod request of {@code holdfast.dev/grant}. */
    private List<Quantity> grants(String pod) {
        return node.api().pod(pod).orElseThrow().getSpec().getContainers().stream()
                .map(container -> container.getResources().getLimits().get("holdfast.dev/grant"))
                .toList();
    }

    /** Binds a function as an administrator would, who has forgotten it before. */
    private void bindToVfio(String address) {
        node.node()
                .exec(
                        "sh",
                        "-ec",
                        "device=/sys/bus/pci/devices/$0; echo vfio-pci > $device/driver_override;"
                                + " echo $0 > $device/driver/unbind; echo $0 > /sys/bus/pci/drivers_probe",
                        address)
                .orThrow();
    }
}
