package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.cluster.AuditLog.Request;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import dev.holdfast.testbed.cluster.TestNamespace;
import dev.holdfast.testbed.cluster.Vms;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Many VMs in a namespace whose quota refuses their pods: what they cost, and what becomes of them when it is raised. */
@OnRealCluster
class RefusedVmsClusterIT {
    private static final Logger log = LoggerFactory.getLogger(RefusedVmsClusterIT.class);
    /** A larger number is for measuring: {@code -Dholdfast.refused-vms=1000}. */
    private static final int VMS = Integer.getInteger("holdfast.refused-vms", 100);

    private static final int TRIES = Integer.getInteger("holdfast.refused-tries", 60);
    private static final int BURST = 10;
    private static final String QUOTA = "few-pods";
    private static Replica operator;

    private final RealCluster cluster;

    RefusedVmsClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeAll
    static void start(RealCluster cluster) {
        operator = cluster.startOperator("refused-vms");
    }

    @AfterAll
    static void stop() {
        operator.close();
    }

    @Test
    void refusedVmsCostLittleAndAllStartWhenTheQuotaIsRaised(TestNamespace namespace) {
        // Given
        Vms vms = new Vms(cluster.admin(), namespace.name());
        cluster.admin().resource(quota(namespace, 0)).create();
        eventually("the quota holds").until(() -> {
            ResourceQuota quota = cluster.admin()
                    .resourceQuotas()
                    .inNamespace(namespace.name())
                    .withName(QUOTA)
                    .get();
            return quota.getStatus() != null && quota.getStatus().getHard() != null;
        });
        List<String> names =
                IntStream.range(0, VMS).mapToObj("vm-%04d"::formatted).toList();
        names.forEach(name -> vms.create(name, "gpu"));
        eventually("all are refused")
                .pollInterval(Duration.ofSeconds(2))
                .until(() -> ready(vms).filter("PodRefused"::equals).count() == VMS);

        // When they are tried again and again
        Instant refused = Instant.now();
        eventually("they are tried again")
                .until(() -> requests(namespace, refused)
                                .filter(request -> request.permission().equals("create pods"))
                                .count()
                        >= TRIES);

        // Then
        List<Request> requests = requests(namespace, refused).toList();
        Duration took = Duration.between(refused, requests.getLast().time());
        log.atInfo()
                .addKeyValue("vms", VMS)
                .addKeyValue("requests", requests.size())
                .addKeyValue("seconds", took.toSeconds())
                .log("Counted from the API server's audit log");
        assertThat(requests).extracting(Request::permission).containsOnly("create pods");
        assertThat(requests).hasSizeLessThanOrEqualTo((int) (BURST + 1 + took.toSeconds()));

        // And when the quota is raised, each pod that is accepted brings others.
        cluster.admin().resource(quota(namespace, VMS)).update();
        Instant raised = Instant.now();
        eventually("all have their pods")
                .pollInterval(Duration.ofSeconds(2))
                .until(() -> cluster.admin()
                                .pods()
                                .inNamespace(namespace.name())
                                .list()
                                .getItems()
                                .size()
                        == VMS);
        eventually("nothing says any more that they are refused")
                .pollInterval(Duration.ofSeconds(2))
                .until(() -> ready(vms).noneMatch("PodRefused"::equals));
        log.atInfo()
                .addKeyValue("vms", VMS)
                .addKeyValue("seconds", Duration.between(raised, Instant.now()).toSeconds())
                .log("Started once the quota was raised");
    }

    private static ResourceQuota quota(TestNamespace namespace, int pods) {
        return new ResourceQuotaBuilder()
                .withNewMetadata()
                .withNamespace(namespace.name())
                .withName(QUOTA)
                .endMetadata()
                .withNewSpec()
                .addToHard("pods", new Quantity(String.valueOf(pods)))
                .endSpec()
                .build();
    }

    private static Stream<String> ready(Vms vms) {
        return vms.client().resources(PassthroughVM.class).inNamespace(vms.namespace()).list().getItems().stream()
                .filter(vm -> vm.getStatus() != null && vm.getStatus().conditions() != null)
                .flatMap(vm -> vm.getStatus().conditions().stream())
                .filter(condition -> condition.getType().equals("Ready"))
                .map(Condition::getReason);
    }

    /** By the operator, in order of time. */
    private Stream<Request> requests(TestNamespace namespace, Instant since) {
        return cluster.audit().of("system:serviceaccount:holdfast:holdfast-operator").stream()
                .filter(request -> request.namespace().equals(namespace.name()))
                .filter(request -> !request.resource().equals("events"))
                .filter(request -> !request.time().isBefore(since));
    }
}
