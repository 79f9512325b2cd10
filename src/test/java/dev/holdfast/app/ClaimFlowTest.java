package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.Slow;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.testbed.apiserver.DraSupport;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A VM with a claim and the real operator; the test acts as user, scheduler and kubelet. */
@Slow
final class ClaimFlowTest {
    private final VmWorld world = new VmWorld();
    private final WriteRecorder recorder = new WriteRecorder();
    private final OperatorService operator = new OperatorService(
            recorder.client(world.server.url()),
            OperatorSettings.of("launcher:test", true),
            "test",
            Optional.empty(),
            new SimpleMeterRegistry(),
            Clock.systemUTC());

    @AfterEach
    void stop() {
        operator.close();
        world.close();
    }

    @Test
    void followsAVmFromTheMissingTemplateToTheDriverThatFails() throws InterruptedException {
        operator.start();
        createVm();
        eventually(() -> world.readyReason().equals("ResourceClaimNotFound"));
        assertThat(world.pod()).isNull();

        create("""
                apiVersion: resource.k8s.io/v1
                kind: DeviceClass
                metadata: {name: a100}
                spec: {selectors: [{cel: {expression: "device.driver == 'x'"}}]}
                """, DeviceClass.class);
        create("""
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaimTemplate
                metadata: {namespace: default, name: one-gpu}
                spec: {spec: {devices: {requests: [{name: gpu, exactly: {deviceClassName: a100}}]}}}
                """, ResourceClaimTemplate.class);
        eventually(() ->
                world.pod() != null && world.podUid().equals(world.status().podUID()));
        assertThat(Objects.requireNonNull(world.pod()).getSpec().getResourceClaims())
                .singleElement()
                .satisfies(claim ->
                        assertThat(claim.getResourceClaimTemplateName()).isEqualTo("one-gpu"));

        world.client
                .resource(new EventBuilder()
                        .withNewMetadata()
                        .withNamespace("default")
                        .withName("failed")
                        .endMetadata()
                        .withReason("FailedPrepareDynamicResources")
                        .withMessage(
                                "Failed to prepare dynamic resources: prepare dynamic resources: NodePrepareResources failed for ResourceClaim c: it is quarantined")
                        .withLastTimestamp(Instant.now().toString())
                        .withNewInvolvedObject()
                        .withUid(world.podUid())
                        .endInvolvedObject()
                        .build())
                .create();
        world.client
                .resource(world.pod())
                .editStatus(pod -> new PodBuilder(pod)
                        .editStatus()
                        .addNewCondition()
                        .withType("PodScheduled")
                        .withStatus("True")
                        .withLastTransitionTime(Instant.now().minusSeconds(60).toString())
                        .endCondition()
                        .endStatus()
                        .build());
        world.client
                .resource(world.pod())
                .edit(pod -> new PodBuilder(pod)
                        .editSpec()
                        .withNodeName(VmWorld.NODE)
                        .endSpec()
                        .build());
        eventually(() -> world.readyReason().equals("PrepareFailed"));
        assertThat(world.status().conditions())
                .anySatisfy(condition -> assertThat(condition.getMessage())
                        .endsWith(
                                "NodePrepareResources failed for ResourceClaim c: it is quarantined; it tries again"));
    }

    @Test
    void startsWithoutWatchesOnAServerWithoutDra() throws InterruptedException {
        world.server.support(DraSupport.NONE);
        operator.start();

        createVm();

        eventually(() -> world.readyReason().equals("DRANotAvailable"));
        assertThat(world.pod()).isNull();
        int writes = recorder.writes().size();
        await().during(Duration.ofMillis(500)).until(() -> recorder.writes().size() == writes);
    }

    private void createVm() {
        create("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughVM
                metadata: {namespace: default, name: gpu-vm}
                spec:
                  memory: {guest: 128Mi}
                  resourceClaims: [{name: gpu, resourceClaimTemplateName: one-gpu}]
                  devices: {gpus: [{name: gpu0, claimName: gpu}]}
                """, PassthroughVM.class);
    }

    private <R extends HasMetadata> void create(String yaml, Class<R> type) {
        world.client.resource(Serialization.unmarshal(yaml, type)).create();
    }

    private static void eventually(Callable<Boolean> condition) {
        await().until(condition);
    }
}
