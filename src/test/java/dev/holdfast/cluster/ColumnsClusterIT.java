package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Columns;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.testbed.cluster.JsonPatch;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.TestNamespace;
import dev.holdfast.testbed.cluster.Vms;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the columns and field selectors of `kubectl get`. */
@OnRealCluster
class ColumnsClusterIT {
    private final RealCluster cluster;
    private String namespace = "";

    ColumnsClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeEach
    void aRunningAndAStoppedVm(TestNamespace fresh) {
        namespace = fresh.name();
        vm("running", Phase.Running, "node-7");
        vm("stopped", Phase.Stopped, null);
    }

    @ParameterizedTest
    @CsvSource({
        "status.nodeName=node-7, running",
        "status.phase=Stopped, stopped",
        "status.phase!=Stopped, running",
        "spec.runStrategy=Halted, stopped",
    })
    void selectsVms(String selector, String name) {
        assertThat(cluster.kubectl().run("get", "ptvm", "-n", namespace, "--field-selector", selector, "-oname"))
                .isEqualToIgnoringWhitespace("passthroughvm.holdfast.dev/" + name);
    }

    @Test
    void showsWhereAVmIsAndHowBigItIs() {
        assertThat(table("get", "ptvm", "-n", namespace, "running"))
                .matches("NAME STATUS DEVICES LIMIT LOCKED NODE IP AGE"
                        + " running Running 1 129.3Mi 128.0Mi node-7 10.1.2.3 \\d+s ");
        assertThat(table("get", "ptvm", "-n", namespace, "running", "-o=wide"))
                .matches("NAME STATUS DEVICES LIMIT LOCKED NODE IP AGE READY MEMORY RESTARTS"
                        + " running Running 1 129.3Mi 128.0Mi node-7 10.1.2.3 \\d+s True 128Mi 2 ");
        assertThat(table("get", "ptvm", "-n", namespace, "stopped"))
                .matches("NAME STATUS DEVICES LIMIT LOCKED NODE IP AGE stopped Stopped 1 \\d+s ");
    }

    @Test
    void sumsUpTheGroupsOfANode() {
        PassthroughNode node = new PassthroughNode();
        node.setMetadata(new ObjectMetaBuilder().withName("node-7").build());
        cluster.admin().resource(node).create();
        var status = new PassthroughNodeStatus(
                "boot",
                List.of(
                        condition("IommuEnabled", "True"),
                        condition("VfioReady", "False"),
                        condition("KvmAvailable", "True")),
                List.of(
                        device("0000:03:00.0", "0000:03:00.0", DeviceState.Allocated),
                        device("0000:04:00.0", "0000:04:00.0", DeviceState.Free),
                        device("0000:04:00.1", "0000:04:00.0", DeviceState.Free),
                        device("0000:05:00.0", "0000:05:00.0", DeviceState.Free)),
                null);
        JsonPatch.setStatus(
                cluster.agentOf("node-7"),
                "/apis/holdfast.dev/v1alpha1/passthroughnodes/node-7",
                "",
                Serialization.jsonMapper().valueToTree(status));

        assertThat(table("get", "ptnode", "node-7"))
                .startsWith("NAME IOMMU VFIO KVM GROUPS AGE node-7 True False True 2 Free, 1 Allocated ");
    }

    /** With a status as the operator would write it; none runs here. */
    private void vm(String name, Phase phase, @Nullable String node) {
        PassthroughVM vm = Vms.sample(name, "none");
        vm.getMetadata().setNamespace(namespace);
        cluster.admin().resource(vm).create();
        if (phase == Phase.Stopped) {
            new Vms(cluster.admin(), namespace).run(name, RunStrategy.Halted);
        }
        boolean runs = node != null;
        PassthroughVMStatus seen = Statuses.of(Map.of(
                "phase",
                phase,
                "printableStatus",
                phase.name(),
                "conditions",
                List.of(condition("Ready", runs ? "True" : "False")),
                "columns",
                runs ? new Columns(1, "129.3Mi", "128.0Mi") : new Columns(1, null, null)));
        PassthroughVMStatus status =
                runs ? Statuses.with(seen, Map.of("nodeName", node, "restarts", 2, "podIP", "10.1.2.3")) : seen;
        JsonPatch.setStatus(
                cluster.operator(),
                "/apis/holdfast.dev/v1alpha1/namespaces/%s/passthroughvms/%s".formatted(namespace, name),
                "",
                Serialization.jsonMapper().valueToTree(status));
    }

    private static Condition condition(String type, String status) {
        return new ConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason("Said")
                .withMessage("said by the test")
                .withLastTransitionTime("2026-11-22T12:00:00Z")
                .build();
    }

    private String table(String... arguments) {
        return cluster.kubectl().run(arguments).replaceAll("\\s+", " ");
    }

    private static Device device(String address, String group, DeviceState state) {
        return DeviceBuilder.at(address)
                .ids("10de:2236")
                .classCode("030200")
                .driver("vfio-pci")
                .group(7, group)
                .deviceClass("gpu")
                .state(state)
                .build();
    }
}
