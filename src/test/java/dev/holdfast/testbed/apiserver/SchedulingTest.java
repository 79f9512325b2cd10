package dev.holdfast.testbed.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SchedulingTest {
    private static final String GPU = "holdfast.dev/gpu";

    @Test
    void fitsWhereTheResourcesSuffice() {
        assertThat(Scheduling.of(pod(null, "1", "1Gi"), List.of(node("n1", "0"), node("n2", "1")), List.of()))
                .isEqualTo(new Scheduling.Fits("n2"));
    }

    @Test
    void countsWhatOtherPodsHold() {
        Pod holder = pod("n1", "1", "1Gi");

        assertThat(Scheduling.of(pod(null, "1", "1Gi"), List.of(node("n1", "1")), List.of(holder)))
                .isEqualTo(new Scheduling.Unschedulable("0/1 nodes are available: 1 Insufficient " + GPU + "."));
    }

    @Test
    void countsNothingForPodsThatHaveEnded() {
        Pod ended = new PodBuilder(pod("n1", "1", "1Gi"))
                .withNewStatus()
                .withPhase("Failed")
                .endStatus()
                .build();

        assertThat(Scheduling.of(pod(null, "1", "1Gi"), List.of(node("n1", "1")), List.of(ended)))
                .isEqualTo(new Scheduling.Fits("n1"));
    }

    @Test
    void saysEachReasonWithItsNumberOfNodes() {
        assertThat(Scheduling.of(pod(null, "1", "9Gi"), List.of(node("n1", "0"), node("n2", "1")), List.of()))
                .isEqualTo(new Scheduling.Unschedulable(
                        "0/2 nodes are available: 1 Insufficient " + GPU + ", 2 Insufficient memory."));
    }

    @Test
    void honoursTheNodeSelector() {
        Pod pod = new PodBuilder(pod(null, "1", "1Gi"))
                .editSpec()
                .withNodeSelector(Map.of("disk", "fast"))
                .endSpec()
                .build();

        assertThat(Scheduling.of(pod, List.of(node("n1", "1")), List.of()))
                .isEqualTo(new Scheduling.Unschedulable(
                        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."));
    }

    @Test
    void avoidsANodeThatIsNotReady() {
        Node node = new NodeBuilder(node("n1", "1"))
                .editStatus()
                .editFirstCondition()
                .withStatus("False")
                .endCondition()
                .endStatus()
                .build();

        assertThat(Scheduling.of(pod(null, "1", "1Gi"), List.of(node), List.of()))
                .isInstanceOf(Scheduling.Unschedulable.class);
    }

    private static Node node(String name, String gpus) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewStatus()
                .withAllocatable(
                        Map.of("memory", new Quantity("4Gi"), "pods", new Quantity("10"), GPU, new Quantity(gpus)))
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build();
    }

    private static Pod pod(@Nullable String node, String gpus, String memory) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("p")
                .endMetadata()
                .withNewSpec()
                .withNodeName(node)
                .addNewContainer()
                .withNewResources()
                .withRequests(Map.of(GPU, new Quantity(gpus), "memory", new Quantity(memory)))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }
}
