package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.schema.CrdSchema;
import dev.holdfast.schema.Violation;
import dev.holdfast.testbed.cluster.JsonPatch;
import dev.holdfast.testbed.cluster.OnRealCluster;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.ServerVerdict;
import dev.holdfast.testbed.fixtures.cases.Mutations;
import dev.holdfast.testbed.fixtures.cases.RuleCase;
import dev.holdfast.testbed.fixtures.cases.RuleCases;
import dev.holdfast.testbed.fixtures.cases.SchemaOfCase;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests the table of rules against the API server, by dry runs if possible. */
@OnRealCluster
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RulesClusterIT {
    private static final String STRICT = "?dryRun=All&fieldValidation=Strict";

    /** The field of what is said of no field. */
    private static final String WHOLE = "<nil>";

    private static final String OWNER = "metadata.ownerReferences.";

    /** With the index, as Required instead of Invalid, and rules of the spec are then not looked at. */
    private static final String OWNER_SINCE_1_37 = "metadata.ownerReferences[";

    private final RealCluster cluster;
    private final KubernetesClient admin;
    private final String namespace;

    RulesClusterIT(RealCluster cluster) {
        this.cluster = cluster;
        admin = cluster.admin();
        namespace = cluster.newNamespace();
    }

    static Stream<RuleCase> accepted() {
        return RuleCases.all().stream().filter(RuleCase::isAccepted);
    }

    static Stream<RuleCase> refused() {
        return RuleCases.all().stream().filter(one -> !one.isAccepted());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void accepted(RuleCase one) {
        JsonNode answer = send(one);

        assertThat(missing(one.accepted(), answer)).isEmpty();
    }

    /** The schemas in the jar say the same, to the letter; the server's order of fields is that of a hash table. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void refusedInTheSameWordsByTheSchemasInTheJar(RuleCase one) {
        var refusal = catchThrowableOfType(KubernetesClientException.class, () -> send(one));

        assertThat(refusal).as("the API server takes it").isNotNull();
        assertThat(SchemaOfCase.violations(one))
                .extracting(Violation::text)
                .containsExactlyInAnyOrderElementsOf(ServerVerdict.texts(refusal));
    }

    static LongStream seeds() {
        return LongStream.range(0, 100);
    }

    /** Twenty damaged VMs each. Of owners the jar says what Kubernetes says up to 1.36. */
    @ParameterizedTest
    @MethodSource("seeds")
    void damagedVmsAreJudgedInTheSameWordsByTheSchemasInTheJar(long seed) {
        Mutations mutations = new Mutations(seed);
        for (int i = 0; i < 20; i++) {
            ObjectNode vm = mutations.next();

            List<String> server = judged(vm);

            var ours = assertThat(CrdSchema.passthroughVm().violations(vm))
                    .as(vm.toString())
                    .extracting(Violation::text);
            if (server.stream().anyMatch(text -> text.startsWith(OWNER_SINCE_1_37))) {
                ours.anyMatch(text -> text.startsWith(OWNER));
            } else {
                ours.containsExactlyInAnyOrderElementsOf(server);
            }
        }
    }

    private List<String> judged(ObjectNode vm) {
        try {
            call("POST", "/apis/holdfast.dev/v1alpha1/namespaces/" + namespace + "/passthroughvms" + STRICT, vm);
            return List.of();
        } catch (KubernetesClientException e) {
            return ServerVerdict.texts(e);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refused(RuleCase one) {
        var refusal = catchThrowableOfType(KubernetesClientException.class, () -> send(one));

        assertThat(refusal).as("the API server takes it").isNotNull();
        if (one.refused().startsWith("unknown field")) {
            assertThat(refusal.getStatus().getMessage()).contains("strict decoding error: " + one.refused());
            return;
        }
        List<StatusCause> causes = refusal.getStatus().getDetails().getCauses();
        String at = one.at().isEmpty() ? WHOLE : one.at();
        assertThat(causes).anySatisfy(cause -> {
            assertThat(cause.getField()).isEqualTo(at);
            assertThat(cause.getMessage()).contains(one.refused());
        });
        assertThat(causes)
                .as("one mistake is one complaint, besides what the server says of the whole")
                .allMatch(cause -> List.of(at, WHOLE).contains(cause.getField()))
                .filteredOn(cause -> cause.getField().equals(at))
                .hasSizeLessThanOrEqualTo(one.refused().contains("of type") ? 2 : 1);
    }

    private JsonNode send(RuleCase one) {
        return one.before() == null ? call("POST", path(one.kind()) + STRICT, one.object()) : change(one, one.before());
    }

    /** A transition needs an object that is there: made, brought to the state before, and removed again. */
    private JsonNode change(RuleCase one, ObjectNode before) {
        ObjectNode made = (ObjectNode) call("POST", path(one.kind()), one.object());
        String name = made.at("/metadata/name").asText();
        String path = path(one.kind()) + "/" + name;
        try {
            KubernetesClient writer = writer(one.kind(), name);
            JsonPatch.setStatus(writer, path, "", before.get("status"));
            return JsonPatch.setStatus(writer, path, STRICT, one.object().get("status"));
        } finally {
            // Without a body the client would make a GET of it.
            admin.raw(path, "DELETE", "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\"}");
        }
    }

    /** Returns a client that may write the status of such an object, so that no other rule rejects the write. */
    private KubernetesClient writer(RuleCase.Kind kind, String name) {
        return kind.namespaced() ? cluster.operator() : cluster.agentOf(name);
    }

    private JsonNode call(String method, String path, JsonNode payload) {
        return Serialization.unmarshal(admin.raw(path, method, payload.toString()), JsonNode.class);
    }

    private String path(RuleCase.Kind kind) {
        return "/apis/holdfast.dev/v1alpha1/" + (kind.namespaced() ? "namespaces/" + namespace + "/" : "")
                + kind.plural();
    }

    /** Returns the paths of expected values that are missing. */
    private static List<String> missing(JsonNode wanted, JsonNode there) {
        return wanted.properties().stream()
                .flatMap(entry -> {
                    JsonNode found = there.path(entry.getKey());
                    JsonNode value = entry.getValue();
                    List<String> below = value.isObject()
                            ? missing(value, found)
                            : value.equals(found) ? List.of() : List.of(" is " + found + " and not " + value);
                    return below.stream().map(path -> "." + entry.getKey() + path);
                })
                .toList();
    }
}
