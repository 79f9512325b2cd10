package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A launcher's image that is not there, until it is. */
@OnRealNode
class ImagePullRealNodeIT {
    private static final String ABSENT = "localhost/holdfast-launcher:absent";

    private static final String VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: pull, namespace: default}
            spec:
              launcherImage: %s
              memory: {guest: 256Mi}
              devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/radeon}]}
              terminationGracePeriodSeconds: 20
            """.formatted(ABSENT);

    private final RealNode node;
    private final NodeVms vms;

    ImagePullRealNodeIT(RealNode node) {
        this.node = node;
        vms = new NodeVms(node);
    }

    @AfterEach
    void deleteVms() {
        node.clean();
        node.ctr("images", "remove", ABSENT);
    }

    @Test
    void theVmNamesTheImageThatCannotBePulledAndStartsInTheSamePodWhenItIsThere() {
        node.api().apply(Serialization.unmarshal(VM, PassthroughVM.class));

        Condition ready = node.await("the VM says that its image cannot be pulled")
                .until(
                        () -> node.api().condition("pull", "Ready"),
                        condition -> condition
                                .filter(now -> "ImagePullFailed".equals(now.getReason()))
                                .isPresent())
                .orElseThrow();
        assertThat(ready.getStatus()).isEqualTo("False");
        assertThat(ready.getMessage()).contains(ABSENT);
        PassthroughVMStatus status = vms.status("pull").orElseThrow();
        assertThat(status.phase()).isEqualTo(Phase.Starting);
        assertThat(status.printableStatus()).isEqualTo("ImagePullFailed");
        String pod = vms.podUid("pull");

        node.ctr("images", "tag", node.launcherImage(), ABSENT);

        assertThat(vms.awaitRunning("pull").podUID()).isEqualTo(pod);
    }
}
