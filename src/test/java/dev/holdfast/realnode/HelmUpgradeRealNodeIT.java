package dev.holdfast.realnode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Product;
import dev.holdfast.testbed.cluster.Helm;
import dev.holdfast.testbed.node.NodeVms;
import dev.holdfast.testbed.node.RealNode;
import dev.holdfast.testbed.node.RunningVm;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A VM under a release of Helm's: what an upgrade of operator and agent does to it, and uninstalling the release. A boot of
 * its own, on which the chart is installed. The newer images are this build's under another tag.
 */
class HelmUpgradeRealNodeIT {
    private static final Path WORK = Path.of("target/real-node/helm").toAbsolutePath();
    private static final String NEWER = Product.VERSION + "-newer";
    private static final String OPERATOR = newer(Product.OPERATOR_IMAGE);
    private static final String LAUNCHER = newer(Product.LAUNCHER_IMAGE);

    private final Build build = Build.here();

    @Test
    void aVmRunsOnWhenItsReleaseIsUpgradedAndWhenItIsUninstalled() {
        try (RealNode node = RealNode.withControlPlane(
                build, WORK, RealNode.Setup.usual(build).with(null))) {
            Helm helm = Helm.of(node.cluster());
            install(node, helm);
            NodeVms vms = new NodeVms(node);
            vms.create("vm", NodeVms.DEMO_GPU);
            RunningVm running = RunningVm.await(vms, "vm");
            String limit = running.memlockLimit();

            release(node, helm, "upgrade", "--set=image.operator.tag=" + NEWER, "--set=image.launcher.tag=" + NEWER);

            node.await("operator and agent run from the newer image, and only these")
                    .until(() -> node.holdfastIsReady()
                            && node.api().holdfastsPods().stream()
                                    .map(HelmUpgradeRealNodeIT::image)
                                    .allMatch(OPERATOR::equals));
            running.assertUntouched();
            assertThat(running.memlockLimit()).isEqualTo(limit);
            assertThat(vms.warnings(running.podUid())).isEmpty();
            node.await("the new agent reports the limit of the VM, which it did not set")
                    .until(() -> node.agentMetrics()
                            .contains("holdfast_vm_memlock_limit_bytes{name=\"vm\",namespace=\"default\"} "));

            vms.create("next", NodeVms.RADEON);
            vms.awaitRunning("next");
            assertThat(image(vms.awaitPod("next"))).isEqualTo(LAUNCHER);
            assertThat(image(vms.awaitPod("vm"))).isEqualTo(Product.LAUNCHER_IMAGE);

            helm.run("uninstall", "holdfast", "--namespace=holdfast");

            node.await("agent and operator are gone")
                    .until(() -> node.api().holdfastsPods().isEmpty());
            // The user's rights to VMs have gone with the release.
            assertThat(node.qemuPid(running.podUid())).hasValue(running.qemuPid());
            assertThat(running.memlockLimit()).isEqualTo(limit);
        }
    }

    /** Runs the guide's command, with the changes for an emulated node. */
    private void install(RealNode node, Helm helm) {
        node.kubectl().run("create", "namespace", "holdfast");
        node.kubectl().run("label", "namespace", "holdfast", "pod-security.kubernetes.io/enforce=privileged");
        release(node, helm, "install");
        node.cluster().awaitKinds();
        node.applyDeviceClasses();
        node.bringUp(true);
        node.awaitInstalled();
        // Early: until containerd has reported the image to the kubelet, the kubelet would contact a registry.
        node.ctr("images", "tag", Product.OPERATOR_IMAGE, OPERATOR);
        node.ctr("images", "tag", Product.LAUNCHER_IMAGE, LAUNCHER);
    }

    private void release(RealNode node, Helm helm, String command, String... values) {
        List<String> line = new ArrayList<>(List.of(
                command,
                "holdfast",
                helm.chart().toString(),
                "--namespace=holdfast",
                "--post-renderer=" + build.script("real-node/post-render"),
                "--post-renderer-args=" + node.cluster().controlPlane().binary()));
        line.addAll(List.of(values));
        helm.run(line.toArray(String[]::new));
    }

    private static String newer(String image) {
        return image.substring(0, image.lastIndexOf(':') + 1) + NEWER;
    }

    private static String image(Pod pod) {
        return pod.getSpec().getContainers().getFirst().getImage();
    }
}
