package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.cluster.HandMadeNode;
import dev.holdfast.testbed.cluster.Kubectl;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import dev.holdfast.testbed.cluster.Vms;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Upgrades, the way back, a rollout that fails, and the end, by kubectl and on a control plane of its own. The test plays
 * the kubelets, and the operator is this build's command, whatever image the Deployment names.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class UpgradeClusterIT {
    private static final Path WORK = Path.of("target/upgrade-cluster").toAbsolutePath();
    private static final String FORMER = "src/test/resources/releases/install-0.1.0.yaml";
    private static final String BROKEN = "=registry.example.com/holdfast-operator:broken";
    private static final String GPU = "upgraded";

    private final List<HandMadeNode> nodes = new ArrayList<>();
    private RealCluster cluster;
    private Kubectl kubectl;
    private Vms vms;

    @BeforeAll
    void aVmRuns() {
        Folders.empty(WORK);
        cluster = RealCluster.start(Build.here(), WORK);
        kubectl = cluster.kubectl();
        vms = new Vms(cluster.admin(), cluster.newNamespace());
        for (int i = 1; i <= 3; i++) {
            nodes.add(HandMadeNode.join(cluster, "node-" + i, i == 1 ? GPU : "none", 1));
        }
        try (Replica operator = cluster.startOperator("before")) {
            vms.create("vm", GPU);
            nodes.getFirst().start(vms, "vm");
            eventually("it runs", () -> vms.phase("vm") == Phase.Running);
        }
        eventually("all that operator and agents have is placed")
                .until(() -> pods("operator").size() == 2 && pods("agent").size() == 3);
        pods("operator").forEach(this::becomesReady);
        pods("agent").forEach(this::becomesReady);
    }

    @AfterAll
    void end() throws Exception {
        cluster.close();
    }

    @Test
    @Order(1)
    void anotherOperatorLeavesTheRunningVmAlone() {
        String pod = vms.podUid("vm");
        String resourceVersion = podVersion();

        try (Replica operator = cluster.startOperator("after")) {
            proveThatItWorks("next");

            assertThat(vms.phase("vm")).isEqualTo(Phase.Running);
            assertThat(vms.podUid("vm")).isEqualTo(pod);
            assertThat(podVersion()).as("nobody has written to the pod").isEqualTo(resourceVersion);
        }
    }

    /** The manifests alone: the command of the last release is not in this build. */
    @Test
    @Order(2)
    void theManifestsOfTheLastReleaseAndThoseOfThisOneLeaveTheRunningVmAlone() {
        String pod = vms.podUid("vm");

        kubectl.run(
                "apply",
                "--server-side",
                "-f",
                cluster.build().root().resolve(FORMER).toString());
        assertThat(image("deployment/holdfast-operator")).isEqualTo("holdfast:0.1.0");
        kubectl.run(
                "apply",
                "--server-side",
                "-k",
                cluster.build().root().resolve("deploy").toString());
        try (Replica operator = cluster.startOperator("upgraded")) {
            proveThatItWorks("upgraded");
        }

        assertThat(vms.phase("vm")).isEqualTo(Phase.Running);
        assertThat(vms.podUid("vm")).isEqualTo(pod);
        becomeReadyAgain();
    }

    @Test
    @Order(3)
    void bothReplicasGoOnWhileTheNewImageOfTheOperatorDoesNotStart() {
        Set<String> before = uids(pods("operator"));

        kubectl.run("set", "image", "deployment/holdfast-operator", "--namespace=holdfast", "operator" + BROKEN);

        eventually("one more pod is there, and does not get ready", () -> {
            endMarked("operator");
            return rolledOut(deployment()) && pods("operator").size() == 3;
        });
        assertThat(uids(pods("operator"))).containsAll(before);
        assertThat(deployment().getStatus().getReadyReplicas()).isEqualTo(2);
        kubectl.run("rollout", "undo", "deployment/holdfast-operator", "--namespace=holdfast");
        eventually("only the former are left", () -> {
            endMarked("operator");
            return uids(pods("operator")).equals(before);
        });
    }

    @Test
    @Order(4)
    void oneAgentOfThreeIsLostToAnImageThatDoesNotStart() {
        Set<String> before = uids(pods("agent"));

        kubectl.run("set", "image", "daemonset/holdfast-agent", "--namespace=holdfast", "agent" + BROKEN);

        eventually("one agent has the new image", () -> {
            endMarked("agent");
            Integer updated = daemonSet().getStatus().getUpdatedNumberScheduled();
            return updated != null && updated > 0 && pods("agent").size() == 3;
        });
        Set<String> after = uids(pods("agent"));
        after.retainAll(before);
        assertThat(after).hasSize(2);
        assertThat(pods("agent"))
                .noneMatch(Pod::isMarkedForDeletion)
                .filteredOn(UpgradeClusterIT::isReady)
                .hasSize(2);
        kubectl.run("rollout", "undo", "daemonset/holdfast-agent", "--namespace=holdfast");
        becomeReadyAgain();
    }

    /** Uninstalls in the order of docs/upgrade.md: VMs, classes, the rest; no deletion hangs, as there are no finalizers. */
    @Test
    @Order(5)
    void uninstallingInOrderLeavesNothing() {
        kubectl.run("delete", "ptvm", "--all", "--all-namespaces", "--wait=false");
        eventually("the VM's pod is asked to end", () -> {
            Pod pod = vms.pod("vm");
            return pod == null || pod.isMarkedForDeletion();
        });
        cluster.admin().pods().inNamespace(vms.namespace()).list().getItems().forEach(nodes.getFirst()::remove);
        eventually(
                "no VM is left",
                () -> kubectl.run("get", "ptvm", "--all-namespaces", "-o=name").isEmpty());
        kubectl.run("delete", "ptclass", "--all");
        assertThat(cluster.admin()
                        .resources(PassthroughDeviceClass.class)
                        .list()
                        .getItems())
                .isEmpty();

        kubectl.run("delete", "-k", cluster.build().root().resolve("deploy").toString(), "--wait=false");

        eventually("all of it is gone", () -> {
            cluster.admin()
                    .pods()
                    .inNamespace(RealCluster.NAMESPACE)
                    .list()
                    .getItems()
                    .forEach(nodes.getFirst()::remove);
            return leftOver().isEmpty();
        });
        assertThat(kubectl.run("get", "namespace", vms.namespace(), "-o=name")).isNotEmpty();
    }

    private void proveThatItWorks(String vm) {
        vms.create(vm, "none");
        eventually(vm + " has a pod", () -> vms.isBound(vm));
    }

    private String podVersion() {
        return Objects.requireNonNull(vms.pod("vm")).getMetadata().getResourceVersion();
    }

    private String image(String workload) {
        return kubectl.run(
                "get", workload, "--namespace=holdfast", "-o=jsonpath={.spec.template.spec.containers[0].image}");
    }

    /** The kubelets remove what is to go, and start what is new. */
    private void becomeReadyAgain() {
        eventually("operator and agents are rolled out", () -> {
            for (String component : List.of("operator", "agent")) {
                for (Pod pod : pods(component)) {
                    if (pod.isMarkedForDeletion()) {
                        nodes.getFirst().remove(pod);
                    } else if (!isReady(pod)) {
                        becomesReady(pod);
                    }
                }
            }
            var agents = daemonSet().getStatus();
            return rolledOut(deployment())
                    && Integer.valueOf(2).equals(deployment().getStatus().getUpdatedReplicas())
                    && Integer.valueOf(2).equals(deployment().getStatus().getReadyReplicas())
                    && pods("operator").size() == 2
                    && daemonSet().getMetadata().getGeneration().equals(agents.getObservedGeneration())
                    && Integer.valueOf(3).equals(agents.getUpdatedNumberScheduled())
                    && agents.getNumberReady() == 3
                    && pods("agent").size() == 3;
        });
    }

    private void becomesReady(Pod pod) {
        String now = Instant.now().toString();
        String container = pod.getSpec().getContainers().getFirst().getName();
        cluster.admin()
                .pods()
                .inNamespace(RealCluster.NAMESPACE)
                .withName(pod.getMetadata().getName())
                .editStatus(live -> new PodBuilder(live)
                        .editStatus()
                        .withPhase("Running")
                        .withConditions(new PodConditionBuilder()
                                .withType("Ready")
                                .withStatus("True")
                                .withLastTransitionTime(now)
                                .build())
                        .withContainerStatuses(new ContainerStatusBuilder()
                                .withName(container)
                                .withImage("holdfast:test")
                                .withImageID("")
                                .withReady(true)
                                .withRestartCount(0)
                                .withNewState()
                                .withNewRunning()
                                .withStartedAt(now)
                                .endRunning()
                                .endState()
                                .withResources(live.getSpec()
                                        .getContainers()
                                        .getFirst()
                                        .getResources())
                                .build())
                        .endStatus()
                        .build());
    }

    private static boolean isReady(Pod pod) {
        return pod.getStatus().getConditions().stream()
                .anyMatch(condition -> condition.getType().equals("Ready")
                        && condition.getStatus().equals("True"));
    }

    private static boolean rolledOut(Deployment deployment) {
        return deployment
                .getMetadata()
                .getGeneration()
                .equals(deployment.getStatus().getObservedGeneration());
    }

    /** Removes pods that are marked for deletion, as the kubelets do. */
    private void endMarked(String component) {
        pods(component).stream().filter(Pod::isMarkedForDeletion).forEach(nodes.getFirst()::remove);
    }

    private List<Pod> pods(String component) {
        return cluster.admin()
                .pods()
                .inNamespace(RealCluster.NAMESPACE)
                .withLabel("app.kubernetes.io/component", component)
                .list()
                .getItems();
    }

    private static Set<String> uids(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    }

    private Deployment deployment() {
        return cluster.admin()
                .apps()
                .deployments()
                .inNamespace(RealCluster.NAMESPACE)
                .withName(Names.OPERATOR)
                .get();
    }

    private DaemonSet daemonSet() {
        return cluster.admin()
                .apps()
                .daemonSets()
                .inNamespace(RealCluster.NAMESPACE)
                .withName(Names.AGENT)
                .get();
    }

    private String leftOver() {
        return kubectl.run(
                        "get",
                        "namespaces,clusterroles,clusterrolebindings,validatingadmissionpolicies,"
                                + "validatingadmissionpolicybindings",
                        "--selector=app.kubernetes.io/part-of=holdfast",
                        "-o=name")
                + kubectl.run("get", "crd", "--selector=app.kubernetes.io/part-of=holdfast", "-o=name");
    }
}
