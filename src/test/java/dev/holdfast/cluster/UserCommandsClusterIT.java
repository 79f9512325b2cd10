package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.api.node.Grant;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.testbed.cluster.HandMadeNode;
import dev.holdfast.testbed.cluster.Identity;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import dev.holdfast.testbed.cluster.TestNamespace;
import dev.holdfast.testbed.cluster.Vms;
import dev.holdfast.user.CommandFailure;
import dev.holdfast.user.PodAccess;
import dev.holdfast.user.PowerRequest;
import dev.holdfast.user.PowerRequests;
import dev.holdfast.user.UserCluster;
import dev.holdfast.user.UserShell;
import dev.holdfast.user.VmClient;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the commands of users with the aggregated roles of one namespace, and nothing else. */
@OnRealCluster
class UserCommandsClusterIT {
    private static Replica operator;

    private final RealCluster cluster;
    private final UserShell shell;
    private Vms vms;
    private HandMadeNode node;

    UserCommandsClusterIT(RealCluster cluster) {
        this.cluster = cluster;
        shell = new UserShell(cluster.controlPlane().kubeconfig(Identity.USER));
    }

    @BeforeAll
    static void start(RealCluster cluster) {
        operator = cluster.startOperator("user-commands");
    }

    @AfterAll
    static void stop() {
        operator.close();
    }

    @BeforeEach
    void nodeWithOneGpu(TestNamespace namespace) {
        vms = new Vms(cluster.admin(), namespace.name());
        node = HandMadeNode.join(cluster, "node-of-" + namespace, namespace.name(), 1);
    }

    @AfterEach
    void leave() {
        node.leave();
    }

    @Test
    void stopsStartsAndRestartsAsEdit() {
        cluster.user("edit", vms.namespace());
        vms.create("vm", vms.namespace());
        Grant grant = run();

        CompletableFuture<Integer> stopped = shell.start("stop", "vm", "-n", vms.namespace(), "--wait");
        end(grant);
        assertThat(stopped.join()).as(shell.err()).isZero();
        assertThat(vms.phase("vm")).isEqualTo(Phase.Stopped);

        CompletableFuture<Integer> started = shell.start("start", "vm", "-n", vms.namespace(), "--wait");
        grant = run();
        assertThat(started.join()).as(shell.err()).isZero();
        assertThat(shell.err()).contains("Running: QEMU runs on node " + node.name());

        String former = vms.podUid("vm");
        CompletableFuture<Integer> restarted = shell.start("restart", "vm", "-n", vms.namespace(), "--wait");
        end(grant);
        run();
        assertThat(restarted.join()).as(shell.err()).isZero();
        assertThat(vms.podUid("vm")).isNotEqualTo(former);
        assertThat(shell.out()).isEqualTo("""
                        %1$s/vm is stopping: spec.runStrategy is Halted, and `holdfast start` sets it to Always again
                        %1$s/vm is starting: spec.runStrategy is Always, it was Halted
                        %1$s/vm is restarting: annotation holdfast.dev/restartedAt is %2$s
                        """.formatted(
                vms.namespace(), vms.get("vm").getMetadata().getAnnotations().get("holdfast.dev/restartedAt")));
    }

    @Test
    void decidesAgainWhenTheVmWasChangedMeanwhile() {
        UserCluster user = new UserCluster(cluster.user("edit", vms.namespace()), vms.namespace());
        vms.create("vm", vms.namespace());
        AtomicInteger decisions = new AtomicInteger();

        PowerRequest request = new VmClient(user, "vm")
                .write(vm -> {
                    if (decisions.getAndIncrement() == 0) {
                        vms.run("vm", RunStrategy.Halted);
                    }
                    return PowerRequests.stop(vm);
                })
                .request();

        assertThat(decisions).hasValue(2);
        assertThat(request).isInstanceOf(PowerRequest.Already.class);
    }

    @Test
    void viewMayNotStop() {
        cluster.user("view", vms.namespace());
        vms.create("vm", vms.namespace());

        assertThat(shell.run("stop", "vm", "-n", vms.namespace())).isEqualTo(1);

        assertThat(shell.err())
                .isEqualTo(
                        "holdfast stop: this account may not patch passthroughvms in namespace %1$s; the role edit has this right: `kubectl create rolebinding USER-edit --clusterrole=edit --user=USER -n %1$s`\n"
                                .formatted(vms.namespace()));
    }

    @Test
    void withoutARoleNothingIsRead() {
        assertThat(shell.run("stop", "vm", "-n", vms.namespace())).isEqualTo(1);

        assertThat(shell.err()).contains("may not get passthroughvms in namespace " + vms.namespace());
    }

    @Test
    void explainsAsFarAsTheUserMayRead() {
        cluster.user("edit", vms.namespace());
        vms.create("vm", vms.namespace());
        run();
        vms.create("second", vms.namespace());
        eventually("the second waits", () -> vms.readyReason("second").equals("DevicesInUse"));

        assertThat(shell.run("why", "second", "-n", vms.namespace())).isZero();
        assertThat(shell.out())
                .startsWith("%1$s/second is not ready\nVM %1$s/second: DevicesInUse: 0 of ".formatted(vms.namespace()))
                .containsPattern(
                        "├─ pod second: Pending, without a node\n│  [├└]─ PodScheduled is False \\(Unschedulable\\): ")
                .contains(
                        "├─ device class " + vms.namespace(),
                        "└─ reports of nodes: not read: this account may not list passthroughnodes, which requires a ClusterRole\n");

        UserShell admin = new UserShell(cluster.controlPlane().kubeconfig(Identity.ADMIN));
        assertThat(admin.run("why", "second", "-n", vms.namespace())).isZero();
        assertThat(admin.out())
                .contains("report of node " + node.name(), "Allocated to VM %s/vm".formatted(vms.namespace()));
        assertThat(shell.err() + admin.err()).isEmpty();
    }

    /** The node has no kubelet, so an attach that is permitted fails there. */
    @ParameterizedTest
    @CsvSource({"view, false", "edit, true"})
    void editMayAttachToTheConsole(String role, boolean isPermitted) {
        UserCluster user = new UserCluster(cluster.user(role, vms.namespace()), vms.namespace());
        vms.create("vm", vms.namespace());
        run();
        PodAccess pod = PodAccess.of(user, new VmClient(user, "vm").get());

        assertThatThrownBy(() -> pod.attach(OutputStream.nullOutputStream(), (code, reason) -> {}))
                .isInstanceOf(CommandFailure.class)
                .message()
                .satisfies(message -> assertThat(message.startsWith("this account may not create pods/attach"))
                        .as(message)
                        .isNotEqualTo(isPermitted));
    }

    private Grant run() {
        Grant grant = node.start(vms, "vm");
        eventually("it runs", () -> vms.phase("vm") == Phase.Running);
        return grant;
    }

    /** The guest has powered itself off, as its pod is being deleted. */
    private void end(Grant grant) {
        Pod pod = eventually("its pod is leaving")
                .until(
                        () -> vms.pod("vm"),
                        found -> found != null
                                && found.isMarkedForDeletion()
                                && found.getMetadata().getUid().equals(grant.podUID()));
        node.remove(Objects.requireNonNull(pod));
        node.end(grant);
    }
}
