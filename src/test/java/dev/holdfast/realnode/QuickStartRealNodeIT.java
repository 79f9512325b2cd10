package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.cluster.Kubectl;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.OnRealNode;
import dev.holdfast.testbed.node.RealNode;
import io.fabric8.kubernetes.api.model.Quantity;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Tests the quick start: runs the commands of the guide, with the IDs of this node's GPU in
 * place of the guide's. The class that it creates, the example, and the image of the example have to fit together.
 */
@OnRealNode
class QuickStartRealNodeIT {
    private static final String CLASS = "demo-gpu";

    /** The guide's GPU, as lspci shows it. */
    private static final String VENDOR = "10de";

    private static final String DEVICE = "2236";

    private final RealNode node;
    private final Kubectl kubectl;

    QuickStartRealNodeIT(RealNode node) {
        this.node = node;
        kubectl = node.kubectl();
    }

    /** The guide makes a class of that name. */
    @BeforeEach
    void withoutTheClass() {
        kubectl.run("delete", "ptclass", CLASS);
        Quantity none = new Quantity("0");
        node.await("the kubelet offers no demo-gpu any more").until(() -> {
            Map<String, Quantity> offered = node.allocatable();
            return none.equals(offered.getOrDefault(NodeVms.DEMO_GPU, none));
        });
    }

    @AfterEach
    void theClassAsTheOtherTestsHaveIt() {
        node.clean();
        node.applyDeviceClasses();
        node.await("the kubelet offers both devices").until(node::offersDevices);
    }

    @Test
    void theGuidesCommandsLeadToAGuestThatSeesItsGpu() {
        List<String> commands = GuideCommands.under("Quick start on a real cluster");
        assertThat(commands)
                .as("the guide's GPU is in its class")
                .first()
                .asString()
                .contains(VENDOR, DEVICE);
        assertThat(commands).anyMatch(line -> line.contains("--watch")).anyMatch(line -> line.contains("kubectl logs"));

        for (String command : commands) {
            follow(command.replace(VENDOR, "1234").replace(DEVICE, "1111"));
        }

        assertThat(node.api().vm("gpu-vm")).isEmpty();
        node.await("the device is free again").until(() -> node.api().freeGroups() == 2);
    }

    /** Repeats a command, as a reader would, until the output is complete. */
    private void follow(String command) {
        if (command.startsWith("kubectl get ptclass")) {
            node.await("the class counts the node's GPU, and that it is usable")
                    .until(() -> kubectl.shell(command).matches("(?s).*\\b" + CLASS + " .* 1 +1 +1 .*"));
        } else if (command.contains("--watch")) {
            try (HostProcess watch = kubectl.startShell(Path.of("target/real-node/watch.log"), command)) {
                node.await("the watch shows that the VM runs").until(() -> {
                    node.api().checkNotFailed("gpu-vm");
                    watch.checkAlive();
                    return watch.log().matches("(?s).*gpu-vm +Running .*");
                });
            }
        } else if (command.startsWith("kubectl logs")) {
            // Minutes, on an emulated processor.
            node.await("the guest lists its GPU").until(() -> {
                node.api().checkNotFailed("gpu-vm");
                return kubectl.shell(command).matches("(?s).*guest-pci \\S+ 1234:1111 .*");
            });
        } else {
            kubectl.shell(command);
        }
    }
}
