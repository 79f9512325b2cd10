package dev.holdfast.reconcile.decode;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.holdfast.api.DecodeFault;
import dev.holdfast.api.Names;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Decoding of lists and of events of a watch by the operator's client. */
class FaultTolerantClientTest {
    private static final KubernetesSerialization CLIENT = FaultTolerantClient.serialization();
    private static final String SPEC = """
            "spec": {"memory": {"guest": "1Gi"}, "devices": {"gpus": [{"name": "gpu0", "deviceName": "holdfast.dev/a"}]}%s}""";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'affinity': {'nodeAffinity': {'preferredDuringSchedulingIgnoredDuringExecution': [{'weight': 3000000000, 'preference': {}}]}}"
                        + " | spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight"
                        + " | 3000000000 is out of range, must be -2147483648 to 2147483647",
                "'tolerations': [{'tolerationSeconds': 1e+21}] | spec.tolerations[0].tolerationSeconds"
                        + " | 1e+21 is out of range, must be -9223372036854775808 to 9223372036854775807",
                "'runStrategy': 'Manual' | spec.runStrategy"
                        + " | unknown value \"Manual\", must be one of [Always, Halted, Once, RerunOnFailure]",
                "'cpu': {'cores': 99999999999} | spec.cpu.cores"
                        + " | 99999999999 is out of range, must be -2147483648 to 2147483647",
                "'cpu': [] | spec.cpu | value of another type, must be an object",
                "'cpu': {'cores': {}} | spec.cpu.cores | invalid value \"{\", must be a whole number",
                "'tolerations': {} | spec.tolerations | value of another type, must be a list",
                "'volumes': [null] | spec.volumes[0] | null, must have a value",
                "'networks': [{'pod': {}}] | spec.networks[0].name | missing, must have a value",
                "'networks': [{'pod': {}, 'name': null}] | spec.networks[0].name | null, must have a value",
            })
    void aListHasTheVmWithoutItsSpec(String field, String path, String message) {
        String poisoned = SPEC.formatted(", " + field.replace('\'', '"'));

        List<PassthroughVM> vms =
                list(PassthroughVM.class, vm("a", SPEC.formatted("")), vm("b", poisoned), vm("c", SPEC.formatted("")));

        assertThat(vms).extracting(vm -> vm.getMetadata().getName()).containsExactly("a", "b", "c");
        assertThat(Undecodable.faults(vms.get(1))).containsExactly(new DecodeFault(path, message));
        assertThat(vms.get(1).getSpec()).isNull();
        assertThat(vms.get(1).getMetadata().getUid()).isEqualTo("uid-b");
        assertThat(List.of(vms.getFirst(), vms.getLast())).allSatisfy(vm -> {
            assertThat(Undecodable.is(vm)).isFalse();
            assertThat(vm.getSpec()).isNotNull();
        });
    }

    @Test
    void anEventOfAWatchHasTheVmWithoutItsSpec() {
        WatchEvent event = CLIENT.unmarshal(
                "{\"type\": \"MODIFIED\", \"object\": %s}"
                        .formatted(vm("a", SPEC.formatted(", \"runStrategy\": \"Manual\""))),
                WatchEvent.class);

        assertThat(event.getObject())
                .isInstanceOfSatisfying(
                        PassthroughVM.class,
                        vm -> assertThat(Undecodable.is(vm)).isTrue());
    }

    @Test
    void onlyTheFieldOfAStatusIsOmitted() {
        PassthroughVM vm = one(
                PassthroughVM.class,
                vm(
                        "a",
                        SPEC.formatted("")
                                + ", \"status\": {\"phase\": \"Migrating\", \"restarts\": 3000000000, \"podUID\": \"pod-1\"}"));

        assertThat(vm.getSpec().memory().guest()).hasToString("1Gi");
        assertThat(vm.getStatus().podUID()).isEqualTo("pod-1");
        assertThat(vm.getStatus().phase()).isNull();
        assertThat(Undecodable.faults(vm))
                .extracting(DecodeFault::path)
                .containsExactlyInAnyOrder("status.phase", "status.restarts");
    }

    @Test
    void aGrantWithoutItsVmOmitsTheGrantsOfItsNode() {
        PassthroughNode node = one(PassthroughNode.class, """
                {"apiVersion": "holdfast.dev/v1alpha1", "kind": "PassthroughNode", "metadata": {"name": "a"},
                 "status": {"bootID": "b", "grants": [{"podUID": "p", "pid": 1, "startTicks": 1, "devices": [],
                   "limitBytes": 1, "appliedBytes": 1, "time": "2026-01-01T00:00:00Z"}]}}""");

        assertThat(Undecodable.faults(node))
                .containsExactly(new DecodeFault("status.grants[0].vm", "missing, must have a value"));
        assertThat(node.getStatus().bootID()).isEqualTo("b");
        assertThat(node.getStatus().grants()).isNull();
    }

    @Test
    void undecodableMetadataKeepsTheIdentity() {
        PassthroughVM vm = one(PassthroughVM.class, """
                {"apiVersion": "holdfast.dev/v1alpha1", "kind": "PassthroughVM", %s, "metadata": {"name": "a",
                 "namespace": "b", "uid": "c", "resourceVersion": "7", "generation": 1e+30, "labels": [],
                 "deletionTimestamp": 5}}""".formatted(SPEC.formatted("")));

        assertThat(vm.getMetadata().getName()).isEqualTo("a");
        assertThat(vm.getMetadata().getNamespace()).isEqualTo("b");
        assertThat(vm.getMetadata().getUid()).isEqualTo("c");
        assertThat(vm.getMetadata().getResourceVersion()).isEqualTo("7");
        assertThat(vm.getSpec()).isNotNull();
        assertThat(Undecodable.faults(vm)).extracting(DecodeFault::path).containsExactly("metadata.generation");
    }

    @Test
    void aPodKeepsItsSpecWhenItsStatusIsUndecodable() {
        Pod pod = one(Pod.class, """
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "uid": "c"}, "spec": {"nodeName": "n"},
                 "status": {"phase": "Running", "containerStatuses": [{"restartCount": 1e+12}]}}""");

        assertThat(pod.getSpec().getNodeName()).isEqualTo("n");
        assertThat(pod.getStatus().getPhase()).isEqualTo("Running");
        assertThat(Undecodable.faults(pod))
                .extracting(DecodeFault::path)
                .containsExactly("status.containerStatuses[0].restartCount");
    }

    @Test
    void everyCachedKindMayBeUndecodable() {
        Map<Class<? extends HasMetadata>, String> poisoned = Map.of(
                PassthroughVM.class, "\"spec\": 1",
                PassthroughNode.class, "\"status\": {\"devices\": 1}",
                PassthroughDeviceClass.class, "\"spec\": {\"selectors\": [], \"binding\": \"Steal\"}",
                Pod.class, "\"spec\": {\"priority\": 1e+30}",
                PersistentVolumeClaim.class, "\"status\": {\"conditions\": {}}");

        poisoned.forEach((kind, part) -> assertThat(list(kind, "{\"metadata\": {\"name\": \"a\"}, %s}".formatted(part)))
                .singleElement()
                .satisfies(object -> {
                    assertThat(object.getMetadata().getName()).isEqualTo("a");
                    assertThat(Undecodable.is(object)).isTrue();
                }));
    }

    @Test
    void fieldsOfANewerVersionAreIgnored() {
        PassthroughVM vm = one(
                PassthroughVM.class,
                vm("a", SPEC.formatted(", \"livesForEver\": true") + ", \"status\": {\"mood\": {\"is\": []}}"));

        assertThat(Undecodable.is(vm)).isFalse();
        assertThat(vm.getSpec()).isNotNull();
    }

    @Test
    void aMarkThatAUserHasStoredIsDropped() {
        PassthroughVM vm = one(PassthroughVM.class, """
                {"apiVersion": "holdfast.dev/v1alpha1", "kind": "PassthroughVM", "metadata": {"name": "a",
                 "annotations": {"holdfast.dev/undecodable": "spec\\tof my own", "holdfast.dev/restartedAt": "kept"}}, %s}""".formatted(SPEC.formatted("")));

        assertThat(Undecodable.is(vm)).isFalse();
        assertThat(vm.getMetadata().getAnnotations()).isEqualTo(Map.of(Names.RESTARTED_AT_ANNOTATION, "kept"));
    }

    private static String vm(String name, String parts) {
        return """
                {"apiVersion": "holdfast.dev/v1alpha1", "kind": "PassthroughVM",
                 "metadata": {"name": "%s", "namespace": "default", "uid": "uid-%s"}, %s}""".formatted(name, name, parts);
    }

    private static <R extends HasMetadata> R one(Class<R> kind, String json) {
        return list(kind, json).getFirst();
    }

    /** Decodes as the client decodes the answer to a list. */
    private static <R extends HasMetadata> List<R> list(Class<R> kind, String... items) {
        Type type = CLIENT.constructParametricType(DefaultKubernetesResourceList.class, kind);
        DefaultKubernetesResourceList<R> list = CLIENT.unmarshal(
                "{\"metadata\": {}, \"items\": [%s]}"
                        .formatted(String.join(", ", Stream.of(items).toList())),
                new TypeReference<>() {
                    @Override
                    public Type getType() {
                        return type;
                    }
                });
        return list.getItems();
    }
}
