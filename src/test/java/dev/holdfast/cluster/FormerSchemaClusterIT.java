package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.cluster.CrdEdition;
import dev.holdfast.testbed.cluster.HandMadeNode;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import dev.holdfast.testbed.cluster.TestNamespace;
import dev.holdfast.testbed.cluster.Vms;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** VMs that were stored under an earlier schema, with forms that it has no longer and with the defaults that it wrote. */
@OnRealCluster
class FormerSchemaClusterIT {
    private static final Path FORMER = Path.of("src/test/resources/crds/passthroughvms-former.yaml");

    private static final String VM = """
            {"apiVersion": "holdfast.dev/v1alpha1", "kind": "PassthroughVM", "metadata": {"name": "%s"},
            "spec": {"memory": {"guest": "128Mi", "memlock": {}}, "cpu": {}, "machine": {},
            "devices": {"gpus": [{"name": "gpu0", "deviceName": "holdfast.dev/%s"}], "video": {},
            "watchdog": {"i6300esb": {}}}%s}}""";

    private static final String FORMER_FORMS =
            ", \"firmware\": {\"bios\": {}}, \"features\": {\"hyperv\": {\"vendorid\": \"holdfast\"}}";

    private final RealCluster cluster;
    private Vms vms;
    private String path = "";

    FormerSchemaClusterIT(RealCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeEach
    void inANamespaceOfItsOwn(TestNamespace namespace) {
        vms = new Vms(cluster.admin(), namespace.name());
        path = "/apis/holdfast.dev/v1alpha1/namespaces/%s/passthroughvms".formatted(namespace);
    }

    @Test
    void aFormThatIsNoMoreIsNamedWithWhatToWriteAndTheStatusCanBeWritten() throws IOException {
        try (CrdEdition former = former()) {
            create("old", FORMER_FORMS);
        }

        try (Replica operator = cluster.startOperator("former-forms")) {
            eventually(
                    "it says so",
                    () -> raw("old", "Ready").path("reason").asText().equals("InvalidSpec"));
            assertThat(raw("old", "Ready").path("message").asText())
                    .startsWith("spec.features.hyperv.vendorid: ")
                    .contains(
                            "must be an object with vendorid",
                            "kubectl edit ptvm -n %s old".formatted(vms.namespace()));
            assertThat(vms.podUid("old")).isEmpty();
            assertThat(raw("old", "Stalled").path("status").asText()).isEqualTo("True");

            // And once the user has written the new form, its pod is made.
            cluster.kubectl()
                    .run(
                            "patch",
                            "ptvm",
                            "old",
                            "-n",
                            vms.namespace(),
                            "--type=merge",
                            "-p",
                            "{\"spec\":{\"features\":{\"hyperv\":{\"vendorid\":{\"vendorid\":\"holdfast\"}}}}}");
            eventually("its pod is bound", () -> vms.isBound("old"));
        }
    }

    @Test
    void aMachineThatRunsWithWrittenDefaultsRunsOnAndNeedsNoRestart() throws IOException {
        String deviceClass = vms.namespace();
        HandMadeNode node = HandMadeNode.join(cluster, "node-of-" + deviceClass, deviceClass, 1);
        String pod;
        try (CrdEdition former = former();
                Replica operator = cluster.startOperator("former-a")) {
            create("runs", "");
            node.start(vms, "runs");
            eventually("it runs", () -> vms.phase("runs") == Phase.Running);
            pod = vms.podUid("runs");
            assertThat(spec("runs").at("/devices/watchdog/i6300esb/action").asText())
                    .as("a default of the former schema")
                    .isEqualTo("reset");
        }

        try (Replica operator = cluster.startOperator("former-b")) {
            // When the file of the user is applied again, the defaults go.
            cluster.kubectl().run("patch", "ptvm", "runs", "-n", vms.namespace(), "--type=json", "-p", """
                            [{"op": "replace", "path": "/spec/cpu", "value": {}},
                            {"op": "replace", "path": "/spec/machine", "value": {}},
                            {"op": "replace", "path": "/spec/memory/memlock", "value": {}},
                            {"op": "replace", "path": "/spec/devices/video", "value": {}},
                            {"op": "replace", "path": "/spec/devices/watchdog/i6300esb", "value": {}}]""");
            long generation = vms.get("runs").getMetadata().getGeneration();
            eventually(
                    "the operator has seen it",
                    () -> vms.status("runs")
                            .map(PassthroughVMStatus::observedGeneration)
                            .filter(seen -> seen == generation)
                            .isPresent());

            assertThat(spec("runs").at("/cpu")).isEmpty();
            assertThat(vms.phase("runs")).isEqualTo(Phase.Running);
            assertThat(vms.podUid("runs")).isEqualTo(pod);
            assertThat(conditions("runs"))
                    .extracting(Condition::getType)
                    .doesNotContain("RestartRequired", "Stalled", "Reconciling");
        } finally {
            node.leave();
        }
    }

    private CrdEdition former() throws IOException {
        return CrdEdition.former(
                cluster.admin(),
                FORMER,
                () -> CrdEdition.refuses(cluster.admin(), path, VM.formatted("probe", "none", FORMER_FORMS)));
    }

    private void create(String name, String more) {
        cluster.admin()
                .raw(path, "POST", Serialization.unmarshal(VM.formatted(name, vms.namespace(), more), JsonNode.class));
    }

    private JsonNode spec(String name) {
        return Serialization.unmarshal(cluster.admin().raw(path + "/" + name), JsonNode.class)
                .path("spec");
    }

    private List<Condition> conditions(String name) {
        return Objects.requireNonNull(vms.status(name).orElseThrow().conditions());
    }

    /** A condition of an object that has no place in our types. */
    private JsonNode raw(String name, String type) {
        JsonNode conditions = Serialization.unmarshal(cluster.admin().raw(path + "/" + name), JsonNode.class)
                .at("/status/conditions");
        for (JsonNode condition : conditions) {
            if (condition.path("type").asText().equals(type)) {
                return condition;
            }
        }
        return MissingNode.getInstance();
    }
}
