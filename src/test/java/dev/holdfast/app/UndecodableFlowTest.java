package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.Slow;
import dev.holdfast.api.Names;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.reconcile.decode.FaultTolerantClient;
import dev.holdfast.testbed.apiserver.MockApiServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The operator with objects that it cannot decode, which the embedded API server stores like others. */
@Slow
class UndecodableFlowTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String GROUP = "/apis/" + Names.GROUP + "/" + Names.VERSION;
    private static final String VMS = GROUP + "/namespaces/default/passthroughvms";
    private static final String PODS = "/api/v1/namespaces/default/pods";
    private static final String HUGE = "\"terminationGracePeriodSeconds\": 1e+30";
    private static final String FINE = "\"terminationGracePeriodSeconds\": 30";

    private final MockApiServer server = MockApiServer.start();
    private final KubernetesClient user = server.client();
    private SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private OperatorService operator = operator();

    @BeforeEach
    void createUndecodable() {
        create(VMS, vm("poisoned", HUGE));
        create(GROUP + "/passthroughnodes", """
                {"apiVersion": "holdfast.dev/v1alpha1", "kind": "PassthroughNode", "metadata": {"name": "odd"}}""");
        user.genericKubernetesResources(Names.GROUP + "/" + Names.VERSION, "PassthroughNode")
                .withName("odd")
                .subresource("status")
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"status\": {\"devices\": [{\"iommuGroup\": 3000000000}]}}");
        create(GROUP + "/passthroughdeviceclasses", """
                {"apiVersion": "holdfast.dev/v1alpha1", "kind": "PassthroughDeviceClass", "metadata": {"name": "odd"},
                 "spec": {"selectors": [{"vendorID": "10de"}], "binding": "Steal"}}""");
        create(PODS, """
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "odd", "labels": {"holdfast.dev/vm-pod": "true"},
                 "ownerReferences": [{"apiVersion": "holdfast.dev/v1alpha1", "kind": "PassthroughVM", "name": "nobody",
                 "uid": "gone", "controller": true}]}, "spec": {"containers": 1}}""");
        create("/api/v1/namespaces/default/persistentvolumeclaims", """
                {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "odd"}, "spec": 1}""");
    }

    @AfterEach
    void close() {
        operator.close();
        user.close();
        server.close();
    }

    @Test
    void othersAreReconciledAtTheStartAndLaterAndAfterARestart() throws InterruptedException {
        // Given an undecodable object of each kind
        operator.start();

        // Then the others are reconciled, and the undecodable VM reports its fault.
        create(VMS, vm("first", FINE));
        eventuallyHasPod("first");
        eventuallyIs("poisoned", "InvalidSpec");
        assertThat(ready("poisoned").path("message").asText())
                .startsWith("spec.terminationGracePeriodSeconds: 1.0E30 is out of range");
        // Only the name of a class is read, so its other fields cannot be undecodable.
        for (String kind : new String[] {"PassthroughVM", "PassthroughNode", "Pod", "PersistentVolumeClaim"}) {
            assertThat(meters.get("holdfast.undecodable.objects")
                            .tag("kind", kind)
                            .gauge()
                            .value())
                    .as(kind)
                    .isEqualTo(1);
        }

        // When a reconciled VM becomes undecodable while the operator watches
        String pod = podUid("first");
        replace("first", vm("first", HUGE));
        create(VMS, vm("second", FINE));

        // Then it keeps its pod, and the next VM is reconciled.
        eventuallyHasPod("second");
        eventuallyIs("first", "InvalidSpec");
        assertThat(podUid("first")).isEqualTo(pod);

        // And when another operator takes over
        operator.close();
        operator = operator();
        operator.start();
        create(VMS, vm("third", FINE));

        // Then the same holds, and a corrected VM continues.
        eventuallyHasPod("third");
        replace("poisoned", vm("poisoned", FINE));
        eventuallyHasPod("poisoned");
        assertThat(podUid("first")).isEqualTo(pod);
    }

    @Test
    void anUndecodableStatusIsKeptAndReportedAndTheVmContinuesWhenItIsCorrected() throws InterruptedException {
        operator.start();
        create(VMS, vm("first", FINE));
        eventuallyHasPod("first");
        await().atMost(PATIENCE)
                .until(() -> !get(VMS + "/first").at("/status/podUID").isMissingNode());
        String pod = podUid("first");
        operator.close();

        // When the status becomes undecodable, and the pod is gone
        patchStatus("{\"status\": {\"restarts\": 1e+30}}");
        user.pods().inNamespace("default").withName("first").withGracePeriod(0).delete();
        operator = operator();
        operator.start();

        // Then nothing of it is lost, and no pod is created
        eventuallyIs("first", "InvalidStatus");
        JsonNode status = get(VMS + "/first").path("status");
        assertThat(status.path("podUID").asText()).isEqualTo(pod);
        assertThat(status.path("restarts").asDouble()).isEqualTo(1e30);
        assertThat(status.path("memlock").path("requiredBytes").asLong()).isPositive();
        assertThat(user.pods().inNamespace("default").withName("first").get()).isNull();

        // And when it is corrected, the VM starts again after its back-off.
        patchStatus("{\"status\": {\"restarts\": 0}}");
        eventuallyHasPod("first");
    }

    private OperatorService operator() {
        meters = new SimpleMeterRegistry();
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(server.url())
                .withNamespace("default")
                .build();
        return new OperatorService(
                FaultTolerantClient.builder().withConfig(config).build(),
                OperatorSettings.of("launcher:test", false),
                "test-operator",
                Optional.empty(),
                meters,
                Clock.systemUTC());
    }

    private static String vm(String name, String field) {
        return """
                {"apiVersion": "holdfast.dev/v1alpha1", "kind": "PassthroughVM",
                 "metadata": {"name": "%s", "namespace": "default"}, "spec": {"memory": {"guest": "128Mi"}, %s,
                 "devices": {"gpus": [{"name": "gpu0", "deviceName": "holdfast.dev/test-gpu"}]}}}""".formatted(name, field);
    }

    private void create(String path, String json) {
        user.raw(path, "POST", Serialization.unmarshal(json, JsonNode.class));
    }

    private void replace(String name, String json) {
        user.raw(VMS + "/" + name, "PUT", Serialization.unmarshal(json, JsonNode.class));
    }

    private void patchStatus(String json) {
        user.genericKubernetesResources(Names.GROUP + "/" + Names.VERSION, "PassthroughVM")
                .inNamespace("default")
                .withName("first")
                .subresource("status")
                .patch(PatchContext.of(PatchType.JSON_MERGE), json);
    }

    private JsonNode get(String path) {
        return Serialization.unmarshal(user.raw(path), JsonNode.class);
    }

    private JsonNode ready(String name) {
        for (JsonNode condition : get(VMS + "/" + name).path("status").path("conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition;
            }
        }
        return Serialization.unmarshal("{}", JsonNode.class);
    }

    private void eventuallyIs(String name, String reason) {
        await().atMost(PATIENCE).until(() -> ready(name).path("reason").asText().equals(reason));
    }

    private void eventuallyHasPod(String name) {
        await("pod of " + name)
                .atMost(PATIENCE)
                .until(() -> user.pods().inNamespace("default").withName(name).get() != null);
    }

    private String podUid(String name) {
        return get(PODS + "/" + name).at("/metadata/uid").asText();
    }
}
