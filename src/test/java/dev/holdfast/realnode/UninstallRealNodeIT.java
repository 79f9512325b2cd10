package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.BindResult;
import dev.holdfast.api.node.DriverBinding;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.cluster.Kubectl;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import io.fabric8.kubernetes.api.model.Quantity;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Tests a device that an agent has bound after Holdfast is uninstalled in the order of the guide: it is back
 * on its former driver. Boots its own node, which ends without Holdfast.
 */
class UninstallRealNodeIT {
    private static final Path WORK = Path.of("target/real-node/uninstall").toAbsolutePath();
    private static final String CIRRUS = "holdfast.dev/cirrus";

    /** On vfio-pci by the node's administrator. */
    private static final String GPU = "0000:03:00.0";

    /** In the same group, and on its own driver until the agent binds it. */
    private static final String AUDIO = "0000:03:00.1";

    private static final Predicate<String> NO_ADDRESS =
            Pattern.compile("[0-9a-f]{4}:[0-9a-f]{2}:").asPredicate().negate();

    @Test
    void theGuidesOrderGivesBackWhatTheAgentBound() {
        Build build = Build.here();
        RealNode.Setup binding = RealNode.Setup.usual(build).with(build.script("real-node/overlay-bind"));
        try (RealNode node = RealNode.start(build, WORK, binding)) {
            assertThat(driver(node, AUDIO)).isEqualTo("snd_hda_intel");
            bind(node);
            NodeVms vms = new NodeVms(node);
            vms.create("vm", CIRRUS);
            RunningVm running = RunningVm.await(vms, "vm");
            assertThat(driver(node, AUDIO)).isEqualTo("vfio-pci");

            List<String> guide = GuideCommands.under("Uninstall");
            assertThat(guide).hasSize(5);
            Kubectl kubectl = node.kubectl();
            kubectl.shell(guide.get(0));
            node.await("no pod of a VM is left")
                    .until(() -> kubectl.shell(guide.get(1)).isBlank());
            assertThat(node.qemuPid(running.podUid())).isEmpty();
            assertThat(driver(node, AUDIO)).as("its class is there still").isEqualTo("vfio-pci");

            kubectl.shell(guide.get(2));
            node.await("no report has a device to give back").until(() -> NO_ADDRESS.test(kubectl.shell(guide.get(3))));
            assertThat(driver(node, AUDIO)).isEqualTo("snd_hda_intel");
            assertThat(driver(node, GPU)).as("an administrator put it there").isEqualTo("vfio-pci");

            // Waits until agent and operator are gone.
            kubectl.shell(guide.get(4));
            assertThat(driver(node, AUDIO)).isEqualTo("snd_hda_intel");
            assertThat(leftOver(kubectl)).isEmpty();
        }
    }

    private static void bind(RealNode node) {
        node.kubectl().run("patch", "ptclass", "cirrus", "--type=merge", "--patch={\"spec\":{\"binding\":\"Bind\"}}");
        DriverBinding bound = node.await("the agent reports what became of the audio function")
                .until(
                        () -> node.api()
                                .devices()
                                .filter(device -> device.pciAddress().equals(AUDIO))
                                .flatMap(device -> Optional.ofNullable(device.binding()).stream())
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
        assertThat(bound.result()).as(bound.message()).isEqualTo(BindResult.Bound);
        assertThat(bound.formerDriver()).isEqualTo("snd_hda_intel");
        node.await("the kubelet offers the group")
                .until(() -> new Quantity("1").equals(node.allocatable().get(CIRRUS)));
    }

    private static String driver(RealNode node, String address) {
        return node.node()
                .exec("sh", "-c", "basename \"$(readlink /sys/bus/pci/devices/$0/driver || echo none)\"", address)
                .orThrow()
                .strip();
    }

    /** Objects of the installation that are there after all. */
    private static String leftOver(Kubectl kubectl) {
        return kubectl.run(
                "get",
                "namespaces,clusterroles,clusterrolebindings,validatingadmissionpolicies,"
                        + "validatingadmissionpolicybindings,customresourcedefinitions",
                "--selector=app.kubernetes.io/part-of=holdfast",
                "-o=name");
    }
}
