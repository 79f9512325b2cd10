package dev.holdfast.testbed.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.Slow;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import dev.holdfast.testbed.fixtures.SpecYaml;
import dev.holdfast.testbed.fixtures.Statuses;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@Slow
class MockApiServerTest {
    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager("tester")
            .withForce(true)
            .build();

    private final MockApiServer server = MockApiServer.start();
    private final KubernetesClient client = server.client();

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void createsAnAbsentObjectOnApply() {
        PassthroughNode applied = client.resource(node(null)).patch(APPLY);

        assertThat(applied.getMetadata().getUid()).isNotBlank();
        assertThat(applied.getMetadata().getGeneration()).isEqualTo(1);
    }

    @Test
    void appliesToAPresentObjectWhatTheSameManagerStillWants() {
        client.resource(SamplePod.pod("p")).create();
        client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("p")
                        .withNamespace("default")
                        .withLabels(Map.of("a", "1", "b", "1"))
                        .endMetadata()
                        .build())
                .patch(APPLY);

        Pod applied = client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("p")
                        .withNamespace("default")
                        .withLabels(Map.of("b", "2"))
                        .endMetadata()
                        .build())
                .patch(APPLY);

        assertThat(applied.getMetadata().getLabels()).isEqualTo(Map.of("b", "2"));
        assertThat(applied.getSpec().getContainers()).hasSize(1);
    }

    @Test
    void appliesAStatusWithoutTouchingSpecAndGeneration() {
        PassthroughVM vm = client.resource(vm("Always", "Pending", "pod-1")).create();
        assertThat(vm.getStatus()).as("a create cannot bring a status").isNull();

        client.resource(vm(null, "Pending", "pod-1")).subresource("status").patch(APPLY);
        PassthroughVM second =
                client.resource(vm(null, "Stopped", null)).subresource("status").patch(APPLY);

        assertThat(second.getStatus().phase()).isEqualTo(PassthroughVMStatus.Phase.Stopped);
        assertThat(second.getStatus().podName())
                .as("no longer applied, so no longer there")
                .isNull();
        assertThat(second.getSpec().runStrategy()).isEqualTo(RunStrategy.Always);
        assertThat(second.getMetadata().getGeneration()).isEqualTo(1);
        assertThat(second.getMetadata().getUid()).isEqualTo(vm.getMetadata().getUid());
    }

    @Test
    void refusesToApplyAStatusForAnOlderOrAFormerObject() {
        PassthroughVM read = client.resource(vm("Always", null, null)).create();
        client.resource(decidedFor(read)).subresource("status").patch(APPLY);

        assertThatExceptionOfType(KubernetesClientException.class)
                .as("an older one")
                .isThrownBy(() ->
                        client.resource(decidedFor(read)).subresource("status").patch(APPLY))
                .matches(e -> e.getCode() == 409);
        PassthroughVM former = client.resource(read).get();
        client.resource(former).delete();
        client.resource(vm("Always", null, null)).create();
        assertThatExceptionOfType(KubernetesClientException.class)
                .as("a former one")
                .isThrownBy(() -> client.resource(decidedFor(former))
                        .subresource("status")
                        .patch(APPLY))
                .matches(e -> e.getCode() == 409);
    }

    private static PassthroughVM decidedFor(PassthroughVM read) {
        PassthroughVM vm = vm(null, "Stopped", null);
        vm.getMetadata().setUid(read.getMetadata().getUid());
        vm.getMetadata().setResourceVersion(read.getMetadata().getResourceVersion());
        return vm;
    }

    @Test
    void replacesListsOfAStatusAsOne() {
        client.resource(node(null)).patch(APPLY);
        client.resource(node(device("0000:01:00.0"))).subresource("status").patch(APPLY);

        PassthroughNode applied = client.resource(node(device("0000:02:00.0")))
                .subresource("status")
                .patch(APPLY);

        assertThat(applied.getStatus().devices()).containsExactly(device("0000:02:00.0"));
    }

    @Test
    void refusesToApplyTheStatusOfAnAbsentObject() {
        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(() -> client.resource(node(device("0000:01:00.0")))
                        .subresource("status")
                        .patch(APPLY))
                .matches(e -> e.getCode() == 404);
    }

    @Test
    void leavesResourceVersionAndWatchersAloneWhenNothingChanges() {
        client.resource(node(null)).patch(APPLY);
        PassthroughNode first = client.resource(node(device("0000:01:00.0")))
                .subresource("status")
                .patch(APPLY);

        PassthroughNode again = client.resource(node(device("0000:01:00.0")))
                .subresource("status")
                .patch(APPLY);

        assertThat(again.getMetadata().getResourceVersion())
                .isEqualTo(first.getMetadata().getResourceVersion());
    }

    @Test
    void refusesToCreateWhatExists() {
        client.resource(SamplePod.pod("p")).create();

        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(() -> client.resource(SamplePod.pod("p")).create())
                .matches(e -> e.getCode() == 409)
                .matches(e -> "AlreadyExists".equals(e.getStatus().getReason()));
    }

    @Test
    void refusesAStaleResourceVersion() {
        Pod old = client.resource(SamplePod.pod("p")).create();
        SamplePod.bind(client, "p", "node-1");

        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(() -> client.resource(old).update())
                .matches(e -> e.getCode() == 409);
    }

    @Test
    void answersTheLastFinalizersRemovalWithTheObject() {
        PassthroughVM vm = vm("Always", null, null);
        vm.getMetadata().setFinalizers(List.of("holdfast.dev/test"));
        client.resource(vm).create();
        client.resource(vm).delete();
        PassthroughVM marked = client.resource(vm).get();
        assertThat(marked.isMarkedForDeletion()).isTrue();

        PassthroughVM last = client.resource(marked).edit(v -> {
            v.getMetadata().setFinalizers(null);
            return v;
        });

        assertThat(last.getMetadata().getUid()).isEqualTo(marked.getMetadata().getUid());
        assertThat(client.resource(vm).get()).isNull();
    }

    private static PassthroughNode node(@Nullable Device device) {
        PassthroughNode node = new PassthroughNode();
        node.setMetadata(new ObjectMetaBuilder().withName("node-1").build());
        if (device != null) {
            node.setStatus(new PassthroughNodeStatus("boot", null, List.of(device), null));
        }
        return node;
    }

    private static Device device(String address) {
        return DeviceBuilder.at(address).ids("1234:1111").classCode("038000").build();
    }

    private static PassthroughVM vm(@Nullable String runStrategy, @Nullable String phase, @Nullable String podName) {
        PassthroughVM vm = new PassthroughVM();
        vm.setMetadata(
                new ObjectMetaBuilder().withName("vm").withNamespace("default").build());
        if (runStrategy != null) {
            vm.setSpec(SpecYaml.spec("{runStrategy: %s, memory: {guest: 1Gi}, devices: {}}".formatted(runStrategy)));
        }
        if (phase != null) {
            vm.setStatus(
                    Statuses.of(podName == null ? Map.of("phase", phase) : Map.of("phase", phase, "podName", podName)));
        }
        return vm;
    }
}
