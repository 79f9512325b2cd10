package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import io.fabric8.kubernetes.api.model.Event;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests a VM that the kubelet evicts because its node runs out of memory. */
@OnRealNode
class MemoryPressureRealNodeIT {
    private static final String CONFIGURATION = "/etc/kubernetes/kubelet.yaml";

    /** Always under pressure: the machine has not much more. A soft threshold takes nothing from what pods may have. */
    private static final String PRESSURE = """
            evictionSoft: {memory.available: 6100Mi}
            evictionSoftGracePeriod: {memory.available: 5s}
            evictionMaxPodGracePeriod: 60
            """;

    private final RealNode node;
    private final NodeVms vms;

    MemoryPressureRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    @AfterEach
    void endPressure() {
        inNode("! [ -e %1$s.before ] || mv %1$s.before %1$s".formatted(CONFIGURATION));
        node.daemon("restart", "kubelet");
        node.await("the node has memory again")
                .until(() -> node.api()
                        .admin()
                        .nodes()
                        .withName(RealNode.NAME)
                        .get()
                        .getSpec()
                        .getTaints()
                        .isEmpty());
    }

    @Test
    void aVmThatIsEvictedSaysSoAndStartsAgainWhenThereIsMemory() {
        PassthroughVM vm = vms.create("vm", NodeVms.DEMO_GPU);
        RunningVm first = RunningVm.await(vms, "vm");

        inNode("cp %1$s %1$s.before && printf '%2$s' >> %1$s".formatted(CONFIGURATION, PRESSURE));
        node.daemon("restart", "kubelet");
        List<Event> told =
                node.await("the VM tells that it was evicted").until(() -> evictions(vm), events -> !events.isEmpty());
        assertThat(told.getFirst().getMessage()).contains("low on resource: memory");
        node.await("its process has ended").until(() -> node.qemuPid(first.podUid()), Optional::isEmpty);

        inNode("mv %1$s.before %1$s".formatted(CONFIGURATION));
        node.daemon("restart", "kubelet");
        first.awaitSuccessor();
        assertThat(node.holdfastIsReady()).isTrue();
    }

    private List<Event> evictions(PassthroughVM vm) {
        return vms.events(vm.getMetadata().getUid()).stream()
                .filter(event -> event.getReason().contains("Evicted"))
                .toList();
    }

    private void inNode(String command) {
        node.node().exec("sh", "-c", command).orThrow();
    }
}
