package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.cluster.HandMadeNode;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import dev.holdfast.testbed.cluster.TestNamespace;
import dev.holdfast.testbed.cluster.Vms;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas of the operator, and what may befall them: never two pods for one VM, never a VM forgotten. */
@OnRealCluster
class FailoverClusterIT {

    private static final Duration PAUSE = Duration.ofSeconds(20);

    private final RealCluster cluster;
    private final List<Replica> replicas = new ArrayList<>();
    private Vms vms;
    private HandMadeNode node;
    private String gpu;

    FailoverClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeEach
    void nodeWithTwoGpus(TestNamespace namespace) {
        gpu = namespace.name();
        vms = new Vms(cluster.admin(), namespace.name());
        node = HandMadeNode.join(cluster, "node-of-" + namespace, gpu, 2);
    }

    @AfterEach
    void end() {
        replicas.forEach(Replica::close);
        node.leave();
    }

    @Test
    void aStandbyTakesOverFromAKilledLeader() {
        Replica first = replica("failover-a");
        eventually("the first leads", () -> leader().equals("failover-a"));
        replica("failover-b");
        vms.create("vm", gpu);
        node.start(vms, "vm");
        eventually("it runs", () -> vms.phase("vm") == Phase.Running);
        String pod = vms.podUid("vm");

        first.kill();
        vms.create("next", gpu);

        eventually("the second leads", () -> leader().equals("failover-b"));
        eventually("the next VM has its pod", () -> vms.isBound("next"));
        assertThat(vms.podUid("vm")).isEqualTo(pod);
        assertThat(vms.phase("vm")).isEqualTo(Phase.Running);
        assertThat(podsCreated("vm")).isEqualTo(1);
        assertThat(podsCreated("next")).isEqualTo(1);
    }

    @Test
    void aLeaderThatIsAskedToEndHandsOverAtOnce() {
        Replica first = replica("handover-a");
        eventually("the first leads", () -> leader().equals("handover-a"));
        replica("handover-b");
        eventually("the second stands by", () -> replicas.getLast().log().contains("stand"));

        first.close();

        // Without waiting for the Lease to run out.
        assertThat(first.log()).contains("Lease released");
        eventually("the second leads", () -> leader().equals("handover-b"));
    }

    @Test
    void noPodIsMadeTwiceAndNoVmIsLostWhileEtcdDoesNotAnswer() {
        replica("etcd-a");
        replica("etcd-b");
        vms.create("vm", gpu);
        node.start(vms, "vm");
        eventually("it runs", () -> vms.phase("vm") == Phase.Running);
        String pod = vms.podUid("vm");

        cluster.controlPlane().pauseEtcd();
        Awaitility.await("etcd has been silent for long enough")
                .pollDelay(PAUSE)
                .atMost(PAUSE.plusSeconds(5))
                .until(() -> true);
        cluster.controlPlane().resumeEtcd();

        // A leader that could not renew has ended meanwhile, and was started again.
        vms.create("next", gpu);
        eventually("the next VM has its pod", () -> vms.isBound("next"));
        assertThat(vms.status("vm").map(PassthroughVMStatus::phase)).contains(Phase.Running);
        assertThat(vms.podUid("vm")).isEqualTo(pod);
        assertThat(podsCreated("vm")).isEqualTo(1);
        assertThat(podsCreated("next")).isEqualTo(1);
    }

    private Replica replica(String name) {
        Replica started = cluster.startOperator(name);
        replicas.add(started);
        return started;
    }

    private String leader() {
        var lease = cluster.admin()
                .leases()
                .inNamespace(RealCluster.NAMESPACE)
                .withName("holdfast-operator")
                .get();
        return lease == null ? "" : Objects.requireNonNullElse(lease.getSpec().getHolderIdentity(), "");
    }

    /** Returns the number of pods that were created for a VM of this test, by the API server's audit log. */
    private long podsCreated(String vm) {
        return cluster.audit()
                .requests()
                .filter(request -> request.permission().equals("create pods")
                        && request.namespace().equals(vms.namespace())
                        && request.name().equals(vm)
                        && request.code() == 201)
                .count();
    }
}
