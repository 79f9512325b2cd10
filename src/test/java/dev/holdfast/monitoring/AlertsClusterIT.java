package dev.holdfast.monitoring;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.testbed.cluster.CrdEdition;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.TestNamespace;
import dev.holdfast.testbed.cluster.VmStatusOutage;
import dev.holdfast.testbed.cluster.Vms;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults of a real operator fire the shipped alerts in a real Prometheus, and without the fault they resolve. The durations
 * of the rules are divided, see {@link FasterRules}.
 */
@OnRealCluster
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AlertsClusterIT {
    /** More than five failures within ten minutes, divided, with one each in up to 30 seconds. */
    private static final int FAILING = 20;

    @TempDir
    static Path folder;

    private final RealCluster cluster;
    private MonitoredCluster monitored;
    private Vms vms;

    AlertsClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeAll
    void start() throws Exception {
        monitored = MonitoredCluster.start(cluster, folder);
    }

    @AfterAll
    void close() throws Exception {
        monitored.close();
    }

    @BeforeEach
    void namespace(TestNamespace namespace) {
        vms = new Vms(cluster.admin(), namespace.name());
    }

    /** Before the namespace goes: nobody else ends the pods, and a VM whose pod ends without an end is a fault. */
    @AfterEach
    void endVms() {
        cluster.admin()
                .resources(PassthroughVM.class)
                .inNamespace(vms.namespace())
                .delete();
        eventually("no pod is left", () -> {
            List<Pod> left =
                    cluster.admin().pods().inNamespace(vms.namespace()).list().getItems();
            left.forEach(monitored.node()::remove);
            return left.isEmpty();
        });
    }

    @Test
    void vmsWithoutProgress() {
        vms.create("pending", "nowhere");
        vms.create("starting", MonitoredCluster.DEVICE_CLASS);
        vms.create("stopping", MonitoredCluster.DEVICE_CLASS);
        Grant stopping = monitored.node().start(vms, "stopping");
        monitored.node().startContainer(monitored.node().await(vms, "starting"));
        eventually("it runs", () -> vms.phase("stopping") == Phase.Running);
        Pod pod = Objects.requireNonNull(vms.pod("stopping"));
        vms.run("stopping", RunStrategy.Halted);

        fires("HoldfastVMStuckStarting");
        fires("HoldfastVMStuckPending");
        fires("HoldfastVMStuckStopping");
        assertThat(firing("HoldfastVMStuckPending", "reason")).isEqualTo("DeviceClassUnknown");

        vms.resource("pending").delete();
        monitored.node().grant(vms, "starting");
        monitored.node().remove(pod);
        monitored.node().end(stopping);
        resolves("HoldfastVMStuckStarting");
        resolves("HoldfastVMStuckPending");
        resolves("HoldfastVMStuckStopping");
    }

    @Test
    void aVmThatFailsAfterEachRestart() {
        vms.create("vm", MonitoredCluster.DEVICE_CLASS);
        String former = "";
        for (int start = 1; start <= 4; start++) {
            String last = former;
            eventually("start " + start)
                    .until(() -> vms.isBound("vm") && !vms.podUid("vm").equals(last));
            former = vms.podUid("vm");
            monitored.node().failContainer(monitored.node().await(vms, "vm"));
        }

        fires("HoldfastVMCrashLoop");

        vms.run("vm", RunStrategy.Halted);
        resolves("HoldfastVMCrashLoop");
    }

    @Test
    void moreMemoryMeasuredThanPlanned() {
        vms.create("vm", MonitoredCluster.DEVICE_CLASS);
        monitored.node().startContainer(monitored.node().await(vms, "vm"));
        eventually("the VM has its plan", () -> vms.isBound("vm"));
        monitored.node().grant(vms, "vm", 4096);

        fires("HoldfastMemlockModelBelowMeasurement");
        resolves("HoldfastMemlockModelBelowMeasurement");
    }

    @Test
    void anObjectThatCannotBeDecoded() {
        String path = "/apis/%s/%s/namespaces/%s/passthroughvms".formatted(Names.GROUP, Names.VERSION, vms.namespace());
        String heavy = """
                {"apiVersion": "holdfast.dev/v1alpha1", "kind": "PassthroughVM", "metadata": {"name": "heavy"},
                 "spec": {"memory": {"guest": "128Mi"},
                  "devices": {"gpus": [{"name": "gpu0", "deviceName": "holdfast.dev/none"}]},
                  "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution":
                   [{"weight": 3000000000, "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}]}}}}""";
        try (CrdEdition loose =
                CrdEdition.loose(cluster.admin(), () -> CrdEdition.refuses(cluster.admin(), path, heavy))) {
            assertThat(loose).isNotNull();
            cluster.admin().raw(path, "POST", Serialization.unmarshal(heavy, JsonNode.class));
        }

        fires("HoldfastUndecodableObjects");
        assertThat(firing("HoldfastUndecodableObjects", "kind")).isEqualTo("PassthroughVM");

        cluster.admin().raw(path + "/heavy", "DELETE", "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\"}");
        resolves("HoldfastUndecodableObjects");
    }

    @Test
    void statusesThatCannotBeWritten() {
        VmStatusOutage outage = new VmStatusOutage(cluster);
        outage.begin();
        try {
            IntStream.range(0, FAILING).forEach(vm -> vms.create("vm-" + vm, "nowhere"));

            fires("HoldfastReconcileErrors");
        } finally {
            outage.end();
        }
        resolves("HoldfastReconcileErrors");
    }

    @Test
    void noOperator() throws Exception {
        monitored.stopOperators();
        try {
            fires("HoldfastNoLeader");
            fires("HoldfastNotScraped");
            assertThat(firing("HoldfastNotScraped", "job")).isEqualTo("holdfast-operator");
        } finally {
            monitored.startOperators();
        }
        resolves("HoldfastNoLeader");
        resolves("HoldfastNotScraped");
    }

    /** Also on the real node, with a real agent. */
    @Test
    void anAgentThatRefusesConnections() throws Exception {
        monitored.agent().stop();
        try {
            fires("HoldfastAgentDown");
            assertThat(firing("HoldfastAgentDown", "node")).isEqualTo(MonitoredCluster.NODE);
        } finally {
            monitored.agent().start();
        }
        resolves("HoldfastAgentDown");
    }

    private void fires(String alert) {
        eventually(alert + " fires", () -> !firing(alert).isEmpty());
    }

    private void resolves(String alert) {
        eventually(alert + " has resolved", () -> firing(alert).isEmpty());
    }

    private List<JsonNode> firing(String alert) throws Exception {
        return monitored.prometheus().series("ALERTS{alertname=\"%s\",alertstate=\"firing\"}".formatted(alert));
    }

    /** Returns the label of the only alert of this name that fires. */
    private String firing(String alert, String label) {
        return Objects.requireNonNull(eventually(alert + " with " + label)
                        .until(
                                () -> firing(alert).stream()
                                        .map(series -> series.path(label).asText())
                                        .distinct()
                                        .toList(),
                                labels -> labels.size() == 1))
                .getFirst();
    }
}
