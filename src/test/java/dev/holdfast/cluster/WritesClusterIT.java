package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.cluster.AuditLog.Request;
import dev.holdfast.testbed.cluster.HandMadeNode;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import dev.holdfast.testbed.cluster.TestNamespace;
import dev.holdfast.testbed.cluster.Vms;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tests the number of writes, by the API server's count, without Events and Leases. */
@OnRealCluster
class WritesClusterIT {
    private static final Logger log = LoggerFactory.getLogger(WritesClusterIT.class);
    private static final int VMS = 50;
    private static final int WRITES_PER_START = 4;
    private static final Duration STEADY = Duration.ofSeconds(60);
    private static Replica operator;

    private final RealCluster cluster;
    private Vms vms;
    private HandMadeNode node;

    WritesClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeAll
    static void start(RealCluster cluster) {
        operator = cluster.startOperator("writes");
    }

    @AfterAll
    static void stop() {
        operator.close();
    }

    @BeforeEach
    void nodeWithManyGpus(TestNamespace namespace) {
        vms = new Vms(cluster.admin(), namespace.name());
        node = HandMadeNode.join(cluster, "node-of-" + namespace, namespace.name(), VMS);
    }

    @AfterEach
    void leave() {
        node.leave();
    }

    @Test
    void aStartCostsFourWritesAndASteadyVmNone() {
        List<String> names =
                IntStream.range(0, VMS).mapToObj("vm-%02d"::formatted).toList();
        names.forEach(name -> {
            vms.create(name, vms.namespace());
            node.start(vms, name);
            eventually(name + " runs").until(() -> vms.phase(name) == Phase.Running);
        });
        List<Request> start = writes(Instant.EPOCH);

        Instant steady = Instant.now();
        Awaitility.await("a steady minute")
                .pollDelay(STEADY)
                .atMost(STEADY.plusSeconds(5))
                .until(() -> true);
        List<Request> later = writes(steady);

        log.atInfo()
                .addKeyValue("vms", VMS)
                .addKeyValue("writesPerStart", (double) start.size() / VMS)
                .addKeyValue("writesInAMinute", later.size())
                .log("Counted from the API server's audit log");
        for (String name : names) {
            List<Request> ofThis = start.stream()
                    .filter(request -> request.name().equals(name))
                    .toList();
            // The fourth is the agent's.
            assertThat(ofThis).as(name).hasSizeLessThanOrEqualTo(WRITES_PER_START - 1);
        }
        assertThat(later).isEmpty();
    }

    /** By the operator about this test's VMs, Events apart. */
    private List<Request> writes(Instant since) {
        return cluster.audit().of("system:serviceaccount:holdfast:holdfast-operator").stream()
                .filter(Request::isWrite)
                .filter(request -> request.namespace().equals(vms.namespace()))
                .filter(request -> !request.resource().equals("events"))
                .filter(request -> !request.time().isBefore(since))
                .toList();
    }
}
