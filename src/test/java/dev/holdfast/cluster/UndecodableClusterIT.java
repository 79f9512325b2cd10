package dev.holdfast.cluster;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.Names;
import dev.holdfast.testbed.cluster.CrdEdition;
import dev.holdfast.testbed.cluster.HandMadeNode;
import dev.holdfast.testbed.cluster.JsonPatch;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import dev.holdfast.testbed.cluster.TestNamespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Objects that were stored before the schemas had their bounds, or under a newer one: each of our kinds, beside VMs that
 * live on. The API server's own kinds cannot be poisoned: it decodes them itself.
 */
@OnRealCluster
class UndecodableClusterIT {
    /** etcd takes requests of 1.5 MiB. */
    private static final int NEARLY_ALL_OF_ETCD = 1_400_000;

    /** The API server takes 256 KiB of them for each object. */
    private static final int ANNOTATIONS = 250 << 10;

    private static final String API = "/apis/" + Names.GROUP + "/" + Names.VERSION;
    private static final String WEIGHT = """
            "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution":
              [{"weight": 3000000000, "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}]}}""";
    private static final String FINE = "\"terminationGracePeriodSeconds\": 30";

    private final RealCluster cluster;
    private final KubernetesClient admin;
    private String namespace = "";
    private String path = "";
    private int editions;

    UndecodableClusterIT(RealCluster cluster) {
        this.cluster = cluster;
        admin = cluster.admin();
    }

    @BeforeEach
    void names(TestNamespace given) {
        namespace = given.name();
        path = API + "/namespaces/" + namespace + "/passthroughvms";
    }

    @AfterEach
    void removeWhatHasNoNamespace() {
        // Its report goes with it.
        admin.nodes().withName("odd-node").delete();
        admin.raw(
                API + "/passthroughdeviceclasses/odd-class",
                "DELETE",
                "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\"}");
        // Whoever comes next has a client of the common kind.
        admin.raw(path, "DELETE", "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\"}");
    }

    @Test
    void oneOfEachKindIsToldByItselfAndTheOthersLiveOn() {
        // Given what was stored under other schemas
        HandMadeNode.join(cluster, "odd-node", "odd-gpu", 1);
        try (CrdEdition loose = loose()) {
            create(path, vm("heavy", WEIGHT));
            create(path, vm("manual", "\"runStrategy\": \"Manual\""));
            create(path, vm("huge", "\"schedulerName\": \"%s\"".formatted("x".repeat(NEARLY_ALL_OF_ETCD))));
            create(
                    path,
                    vm(
                            "wide",
                            "\"tolerations\": [%s]"
                                    .formatted(
                                            "{\"operator\": \"Exists\"},".repeat(40) + "{\"operator\": \"Exists\"}")));
            create(path, vm("tolerant", "\"tolerations\": [{\"operator\": \"Exists\"}]"));
            patchStatus(
                    cluster.agent("odd-node"),
                    API + "/passthroughnodes/odd-node",
                    "{\"devices\": [%s]}".formatted(device("\"iommuGroup\": 3000000000")));
            create(API + "/passthroughdeviceclasses", object("PassthroughDeviceClass", "odd-class", """
                    , "spec": {"selectors": [{"vendorID": "10de"}], "binding": "Steal"}"""));
        }
        assertThat(CrdEdition.refuses(admin, path, vm("another", WEIGHT))).isTrue();

        // When
        Replica operator = cluster.startOperator("undecodable-a");
        create(path, vm("first", FINE));

        // Then the others are served, also one with as many annotations as the API server takes;
        annotate("first", "x".repeat(ANNOTATIONS));
        eventually("first has its pod", () -> isBound("first"));
        eventually("tolerant has its pod", () -> isBound("tolerant"));
        // a decodable value that is out of bounds is reported; its status is written nevertheless;
        eventually("wide is invalid", () -> reason("wide").equals("InvalidSpec"));
        assertThat(ready("wide").path("message").asText())
                .startsWith("spec.tolerations: Too many: 41: must have at most 32 items");
        // and an undecodable field is reported with its path.
        eventually("heavy is invalid", () -> reason("heavy").equals("InvalidSpec"));
        assertThat(ready("heavy").path("message").asText())
                .startsWith("spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight:"
                        + " 3000000000 is out of range");
        eventually("manual is invalid", () -> reason("manual").equals("InvalidSpec"));
        assertThat(ready("manual").path("message").asText()).startsWith("spec.runStrategy: unknown value \"Manual\"");
        eventually("huge is invalid", () -> reason("huge").equals("InvalidSpec"));
        assertThat(ready("huge").path("message").asText()).startsWith("spec: larger than the operator's maximum size");
        assertThat(podUid("heavy")).isEmpty();
        assertThat(operator.log())
                .contains("odd-node", "status.devices[0].iommuGroup")
                .doesNotContain("Unexpected exception processing watch event");

        // And when one that is served is poisoned while the operator watches, as well as a status
        String first = podUid("first");
        String tolerant = podUid("tolerant");
        try (CrdEdition loose = loose()) {
            patch("first", "{\"spec\": {%s}}".formatted(WEIGHT));
            patchStatus(cluster.operator(), path + "/tolerant", "{\"restarts\": 3000000000, \"phase\": \"Migrating\"}");
            patch("tolerant", "{\"spec\": {\"terminationGracePeriodSeconds\": 60}}");
        }
        create(path, vm("second", FINE));

        eventually("second has its pod", () -> isBound("second"));
        eventually("first says so", () -> reason("first").equals("InvalidSpec"));
        eventually("tolerant says so", () -> reason("tolerant").equals("InvalidStatus"));

        // And when another operator takes over
        operator.close();
        try (Replica next = cluster.startOperator("undecodable-b")) {
            create(path, vm("third", FINE));
            eventually("third has its pod", () -> isBound("third"));

            // Then nothing of all that has cost a pod or a binding,
            assertThat(podUid("first")).isEqualTo(first);
            assertThat(podUid("tolerant")).isEqualTo(tolerant);
            JsonNode status = get("tolerant").path("status");
            assertThat(status.path("podUID").asText()).isEqualTo(tolerant);
            assertThat(status.path("restarts").asLong()).isEqualTo(3_000_000_000L);
            assertThat(status.at("/memlock/requiredBytes").asLong()).isPositive();

            // and a corrected VM continues.
            patch("heavy", "{\"spec\": {\"affinity\": null}}");
            eventually("heavy has its pod", () -> isBound("heavy"));
            patchStatus(cluster.operator(), path + "/tolerant", "{\"restarts\": 0, \"phase\": \"Pending\"}");
            // Its spec was changed meanwhile and no node has taken its pod, so the pod is created again.
            eventually(
                    "tolerant goes on",
                    () -> isBound("tolerant") && !podUid("tolerant").equals(tolerant));
        }
    }

    private CrdEdition loose() {
        String probe = vm("probe-" + ++editions, WEIGHT);
        return CrdEdition.loose(admin, () -> CrdEdition.refuses(admin, path, probe));
    }

    private static String vm(String name, String field) {
        return object("PassthroughVM", name, """
                , "spec": {"memory": {"guest": "128Mi"}, %s,
                 "devices": {"gpus": [{"name": "gpu0", "deviceName": "holdfast.dev/none"}]}}""".formatted(field));
    }

    private static String object(String kind, String name, String more) {
        return """
                {"apiVersion": "holdfast.dev/v1alpha1", "kind": "%s", "metadata": {"name": "%s"}%s}""".formatted(kind, name, more);
    }

    private static String device(String field) {
        return """
                {"pciAddress": "0000:01:00.0", "vendorID": "10de", "deviceID": "20b0", "classCode": "030200",
                 "viable": true, "state": "Free", %s}""".formatted(field);
    }

    private void create(String collection, String json) {
        admin.raw(collection, "POST", Serialization.unmarshal(json, JsonNode.class));
    }

    private void annotate(String vm, String text) {
        patch(vm, "{\"metadata\": {\"annotations\": {\"example.com/notes\": \"%s\"}}}".formatted(text));
    }

    private void patch(String vm, String json) {
        admin.genericKubernetesResources(Names.GROUP + "/" + Names.VERSION, "PassthroughVM")
                .inNamespace(namespace)
                .withName(vm)
                .patch(PatchContext.of(PatchType.JSON_MERGE), json);
    }

    /** Puts these fields into the status that is there. */
    private void patchStatus(KubernetesClient writer, String object, String fields) {
        JsonNode status =
                Serialization.unmarshal(admin.raw(object), JsonNode.class).path("status");
        var merged = Serialization.jsonMapper().createObjectNode();
        status.properties().forEach(field -> merged.set(field.getKey(), field.getValue()));
        Serialization.unmarshal(fields, JsonNode.class)
                .properties()
                .forEach(field -> merged.set(field.getKey(), field.getValue()));
        JsonPatch.setStatus(writer, object, "", merged);
    }

    private JsonNode get(String vm) {
        return Serialization.unmarshal(admin.raw(path + "/" + vm), JsonNode.class);
    }

    private JsonNode ready(String vm) {
        for (JsonNode condition : get(vm).path("status").path("conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition;
            }
        }
        return Serialization.jsonMapper().missingNode();
    }

    private String reason(String vm) {
        return ready(vm).path("reason").asText();
    }

    /** Empty when there is no pod. */
    private String podUid(String vm) {
        var pod = admin.pods().inNamespace(namespace).withName(vm).get();
        return pod == null ? "" : pod.getMetadata().getUid();
    }

    private boolean isBound(String vm) {
        String pod = podUid(vm);
        return !pod.isEmpty() && get(vm).at("/status/podUID").asText().equals(pod);
    }
}
