package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Tests the effects of a restart of the kubelet on VMs. It forgets its device plugins until they register again; before, it
 * rejects every pod that requests a device and whose container has not started.
 */
@OnRealNode
class KubeletRestartRealNodeIT {
    private final RealNode node;
    private final NodeVms vms;

    KubeletRestartRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    @AfterEach
    void startKubelet() {
        node.daemon("start", "kubelet");
    }

    @Test
    @Tag("ci")
    void theVmThatRunsAndTheLauncherThatWaitsForItsGrantAreLeftAlone() {
        vms.create("running", NodeVms.DEMO_GPU);
        vms.awaitRunning("running");
        long qemu = vms.qemuPid("running");
        String runningPod = vms.podUid("running");
        vms.create("starting", NodeVms.RADEON);
        vms.awaitLauncher("starting");
        String startingPod = vms.podUid("starting");

        node.daemon("restart", "kubelet");

        PassthroughVMStatus started = vms.awaitRunning("starting");
        assertThat(started.podUID()).isEqualTo(startingPod);
        assertThat(vms.podUid("running")).isEqualTo(runningPod);
        assertThat(vms.qemuPid("running")).isEqualTo(qemu);
        assertThat(vms.awaitRunning("running").podUID()).isEqualTo(runningPod);
        node.await("the new kubelet knows the devices: the plugin has registered again")
                .until(node::offersDevices);
    }

    @Test
    void aPodThatComesBeforeTheDevicePluginIsRefusedAndTheVmGetsAnother() {
        node.daemon("stop", "kubelet");
        vms.create("early", NodeVms.RADEON);
        Pod refused = node.await("the scheduler has found the node")
                .until(
                        () -> node.api().pod("early"),
                        pod -> pod.map(found -> found.getSpec().getNodeName()).isPresent())
                .orElseThrow();

        node.daemon("start", "kubelet");

        PassthroughVMStatus running = vms.awaitRunningInTheEnd("early");
        assertThat(running.podUID()).isNotEqualTo(refused.getMetadata().getUid());
        assertThat(reasonsTold("early")).contains("UnexpectedAdmissionError");
        assertThat(Objects.requireNonNull(running.memlock()).appliedBytes())
                .isEqualTo(running.memlock().limitBytes());
    }

    private List<String> reasonsTold(String vm) {
        return node.api().admin().v1().events().inNamespace("default").list().getItems().stream()
                .filter(event -> vm.equals(event.getInvolvedObject().getName()))
                .map(event -> event.getReason())
                .toList();
    }
}
