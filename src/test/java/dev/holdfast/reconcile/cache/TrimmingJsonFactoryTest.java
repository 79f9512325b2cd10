package dev.holdfast.reconcile.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.reconcile.decode.FaultTolerantClient;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodResourceClaimBuilder;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kept fields of the API server's answers, with fields in the server's order. */
final class TrimmingJsonFactoryTest {
    private static final KubernetesSerialization CLIENT = FaultTolerantClient.serialization();

    private static final String METADATA = """
            "metadata":{"name":"a","namespace":"ns","uid":"uid-a","resourceVersion":"7","generation":3,"finalizers":["x/y"],\
            "annotations":{"notes":"long","holdfast.dev/restartedAt":"2026-11-29T12:00:00Z",\
            "kubectl.kubernetes.io/last-applied-configuration":"{}"},"labels":{"app":"db","holdfast.dev/vm-pod":"true"},\
            "managedFields":[{"manager":"kubectl","fieldsV1":{"f:spec":{}}}]}""";

    private static final String POD = """
            {%s%s,"spec":{"nodeName":"node-1","containers":[{"name":"qemu","image":"i","args":["launch","{}"],"env":[{"name":"A","value":"b"}]},{"name":"side"}],\
            "volumes":[{"name":"v","emptyDir":{"medium":"Memory"}}],"resourceClaims":[{"name":"gpu","resourceClaimTemplateName":"t"}],"tolerations":[{"operator":"Exists"}]},"status":{"phase":"Running","podIP":"10.0.0.1","hostIP":"10.0.0.9",\
            "containerStatuses":[{"name":"qemu","state":{"running":{"startedAt":"2026-11-29T12:00:00Z"}}}]}}""";

    private static final String SPEC =
            "\"memory\":{\"guest\":\"1Gi\"},\"devices\":{\"gpus\":[{\"name\":\"g\",\"deviceName\":\"holdfast.dev/a\"}]}";

    @Test
    void podsOfAListKeepTheUsedFields() {
        String list =
                "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"c\"},\"items\":[%s,%s]}"
                        .formatted(pod(""), pod(""));

        DefaultKubernetesResourceList<Pod> pods = list(Pod.class, list);

        assertThat(pods.getMetadata().getContinue()).isEqualTo("c");
        assertThat(pods.getItems()).hasSize(2).allSatisfy(TrimmingJsonFactoryTest::isTrimmed);
    }

    @Test
    void aPodOfAnEventOrOfAnAnswerKeepsTheSame() {
        String pod = pod("\"kind\":\"Pod\",\"apiVersion\":\"v1\",");

        isTrimmed((Pod) event(pod));
        isTrimmed(CLIENT.unmarshal(pod, Pod.class));
    }

    private static void isTrimmed(Pod pod) {
        assertThat(pod.getMetadata().getAnnotations()).containsOnlyKeys("holdfast.dev/restartedAt");
        assertThat(pod.getMetadata().getLabels()).containsOnlyKeys("holdfast.dev/vm-pod");
        assertThat(pod.getMetadata().getManagedFields()).isEmpty();
        assertThat(pod.getMetadata().getFinalizers()).isEmpty();
        assertThat(pod.getSpec().getNodeName()).isEqualTo("node-1");
        assertThat(pod.getSpec().getContainers())
                .containsExactly(
                        new ContainerBuilder()
                                .withName("qemu")
                                .withArgs("launch", "{}")
                                .build(),
                        new ContainerBuilder().withName("side").build());
        assertThat(pod.getSpec().getVolumes())
                .containsExactly(new VolumeBuilder().withName("v").build());
        assertThat(pod.getSpec().getResourceClaims())
                .containsExactly(new PodResourceClaimBuilder().withName("gpu").build());
        assertThat(pod.getSpec().getTolerations()).isEmpty();
        assertThat(pod.getStatus().getPodIP()).isEqualTo("10.0.0.1");
        assertThat(pod.getStatus().getHostIP()).isNull();
        assertThat(pod.getStatus()
                        .getContainerStatuses()
                        .getFirst()
                        .getState()
                        .getRunning()
                        .getStartedAt())
                .isEqualTo("2026-11-29T12:00:00Z");
    }

    @Test
    void aVmKeepsItsSpecItsLabelsAndHoldfastsAnnotations() {
        PassthroughVM vm = (PassthroughVM) event(vm("{" + SPEC + "}", "\"phase\":\"Pending\""));

        assertThat(vm.getMetadata().getAnnotations()).containsOnlyKeys("holdfast.dev/restartedAt");
        assertThat(vm.getMetadata().getLabels()).containsOnlyKeys("app", "holdfast.dev/vm-pod");
        assertThat(vm.getMetadata().getGeneration()).isEqualTo(3);
        assertThat(vm.getSpec().memory().guest()).hasToString("1Gi");
        assertThat(vm.getSpec().devices().gpus()).hasSize(1);
        assertThat(vm.getStatus().phase()).hasToString("Pending");
    }

    @Test
    void aSpecAtTheLimitIsKept() {
        String labels = IntStream.range(0, 500)
                .mapToObj(i -> "\"k%d\":\"v\"".formatted(i))
                .collect(Collectors.joining(","));

        PassthroughVM vm = (PassthroughVM) event(vm(
                "{%s,\"schedulerName\":\"%s\",\"nodeSelector\":{%s}}"
                        .formatted(SPEC, "x".repeat(SizeLimit.MAX_CHARACTERS - 4000), labels),
                ""));

        assertThat(vm.getSpec().nodeSelector()).hasSize(500);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text", "tokens", "labels", "annotation"})
    void aVmBeyondTheLimitLosesOnlyItsSpec(String what) {
        String text = "\"schedulerName\":\"" + "x".repeat(SizeLimit.MAX_CHARACTERS) + "\"";
        String tokens = "\"tolerations\":[{}" + ",{}".repeat(SizeLimit.MAX_TOKENS) + "]";
        String big = vm(
                "{%s,%s}".formatted(SPEC, what.equals("text") ? text : what.equals("tokens") ? tokens : "\"a\":1"),
                "\"phase\":\"Running\"");
        if (what.equals("labels")) {
            String labels = IntStream.range(0, SizeLimit.MAX_TOKENS)
                    .mapToObj(i -> "\"k%d\":\"v\"".formatted(i))
                    .collect(Collectors.joining(","));
            big = big.replace("\"app\":\"db\"", labels);
        }
        if (what.equals("annotation")) {
            big = big.replace("2026-11-29T12:00:00Z", "x".repeat(SizeLimit.MAX_CHARACTERS));
        }
        String small = vm("{" + SPEC + "}", "");

        List<PassthroughVM> vms = list(
                        PassthroughVM.class,
                        "{\"apiVersion\":\"holdfast.dev/v1alpha1\",\"items\":[%s,%s,%s],\"kind\":\"PassthroughVMList\",\"metadata\":{}}"
                                .formatted(small, big, small))
                .getItems();

        assertThat(vms).extracting(vm -> vm.getSpec() != null).containsExactly(true, false, true);
        assertThat(vms.get(1).getMetadata().getUid()).isEqualTo("uid-a");
        assertThat(vms.get(1).getStatus().phase()).hasToString("Running");
        assertThat(Undecodable.text(vms.get(1))).contains("larger than the operator's maximum size");
        assertThat(vms.get(2).getMetadata().getLabels()).containsKey("app");
    }

    @Test
    void aClaimKeepsItsModeAndPhase() {
        PersistentVolumeClaim claim = CLIENT.unmarshal(
                "{\"kind\":\"PersistentVolumeClaim\",\"apiVersion\":\"v1\",%s,\"spec\":{\"volumeMode\":\"Block\",\"volumeName\":\"pv\"},\"status\":{\"phase\":\"Bound\",\"capacity\":{\"storage\":\"1Gi\"}}}"
                        .formatted(METADATA),
                PersistentVolumeClaim.class);

        assertThat(claim.getSpec().getVolumeMode()).isEqualTo("Block");
        assertThat(claim.getSpec().getVolumeName()).isNull();
        assertThat(claim.getStatus().getPhase()).isEqualTo("Bound");
        assertThat(claim.getStatus().getCapacity()).isEmpty();
    }

    @Test
    void aDeviceClassKeepsItsNameAndItsSelectors() {
        PassthroughDeviceClass deviceClass = (PassthroughDeviceClass) event(
                "{\"apiVersion\":\"holdfast.dev/v1alpha1\",\"kind\":\"PassthroughDeviceClass\",%s,\"spec\":{\"selectors\":[{\"vendorID\":\"10de\"}],\"binding\":\"Bind\"}}"
                        .formatted(METADATA));

        assertThat(deviceClass.getMetadata().getName()).isEqualTo("a");
        assertThat(deviceClass.getSpec().selectors())
                .singleElement()
                .satisfies(selector -> assertThat(selector.vendorID()).isEqualTo("10de"));
        assertThat(deviceClass.getSpec().binding()).isNull();
    }

    @Test
    void otherKindsAreKeptWhole() {
        ConfigMap map = CLIENT.unmarshal(
                "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",%s,\"data\":{\"kind\":\"Pod\",\"items\":\"x\"}}"
                        .formatted(METADATA),
                ConfigMap.class);
        Status status = (Status)
                event("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"code\":410,\"message\":\"gone\"}");

        assertThat(map.getMetadata().getAnnotations()).hasSize(3);
        assertThat(map.getMetadata().getManagedFields()).hasSize(1);
        assertThat(map.getData()).isEqualTo(Map.of("kind", "Pod", "items", "x"));
        assertThat(status.getCode()).isEqualTo(410);
        assertThat(status.getMessage()).isEqualTo("gone");
    }

    private static String pod(String type) {
        return POD.formatted(type, METADATA);
    }

    private static String vm(String spec, String status) {
        return "{\"apiVersion\":\"holdfast.dev/v1alpha1\",\"kind\":\"PassthroughVM\",%s,\"spec\":%s,\"status\":{%s}}"
                .formatted(METADATA, spec, status);
    }

    private static Object event(String object) {
        return CLIENT.unmarshal("{\"type\":\"MODIFIED\",\"object\":%s}".formatted(object), WatchEvent.class)
                .getObject();
    }

    private static <R extends HasMetadata> DefaultKubernetesResourceList<R> list(Class<R> kind, String json) {
        Type type = CLIENT.constructParametricType(DefaultKubernetesResourceList.class, kind);
        return CLIENT.unmarshal(json, new TypeReference<>() {
            @Override
            public Type getType() {
                return type;
            }
        });
    }

    /** What drivers write for others takes most of these objects: parameters, taints, counters, other attributes. */
    @Test
    void objectsOfDraKeepWhatIsCounted() {
        ResourceSlice slice = CLIENT.unmarshal("""
                {"kind":"ResourceSlice","apiVersion":"resource.k8s.io/v1",%s,"spec":{"driver":"d","pool":{"name":"p","generation":2,"resourceSliceCount":1},"nodeName":"n",\
                "sharedCounters":[{"name":"c","counters":{}}],"devices":[{"name":"x","attributes":{"deviceClass":{"string":"a"},"uuid":{"string":"long"},"resource.kubernetes.io/pcieRoot":{"string":"pci0000:64"}},\
                "capacity":{"memory":{"value":"1Gi"},"cores":{"value":"8"}},"taints":[{"key":"k","effect":"NoSchedule"}]}]}}""".formatted(METADATA), ResourceSlice.class);
        ResourceClaim claim = CLIENT.unmarshal("""
                {"kind":"ResourceClaim","apiVersion":"resource.k8s.io/v1",%s,"spec":{"devices":{"requests":[{"name":"r","exactly":{"deviceClassName":"a","count":2,"selectors":[{"cel":{"expression":"true"}}]}}],\
                "constraints":[{"requests":["r"],"matchAttribute":"resource.kubernetes.io/pcieRoot"}],\
                "config":[{"opaque":{"driver":"d","parameters":{"a":1}}}]}},"status":{"allocation":{"devices":{"results":[{"request":"r","driver":"d","pool":"p","device":"x","shareID":"s","adminAccess":true}],\
                "config":[{"source":"FromClaim"}]},"nodeSelector":{"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.name","operator":"In","values":["n"]}]}]}},\
                "reservedFor":[{"resource":"pods","name":"q","uid":"u"}],"devices":[{"driver":"d","data":{"a":1}}]}}""".formatted(METADATA), ResourceClaim.class);

        Device device = slice.getSpec().getDevices().getFirst();
        assertThat(slice.getSpec().getSharedCounters()).isEmpty();
        assertThat(slice.getSpec().getPool().getGeneration()).isEqualTo(2);
        assertThat(device.getAttributes()).containsOnlyKeys("deviceClass", "resource.kubernetes.io/pcieRoot");
        assertThat(device.getCapacity()).containsOnlyKeys("memory");
        assertThat(device.getTaints()).isEmpty();
        assertThat(claim.getSpec().getDevices().getConfig()).isEmpty();
        assertThat(claim.getSpec()
                        .getDevices()
                        .getRequests()
                        .getFirst()
                        .getExactly()
                        .getSelectors())
                .isEmpty();
        assertThat(claim.getSpec().getDevices().getConstraints())
                .singleElement()
                .satisfies(constraint -> {
                    assertThat(constraint.getMatchAttribute()).isEqualTo("resource.kubernetes.io/pcieRoot");
                    assertThat(constraint.getRequests()).containsExactly("r");
                });
        assertThat(claim.getSpec()
                        .getDevices()
                        .getRequests()
                        .getFirst()
                        .getExactly()
                        .getCount())
                .isEqualTo(2);
        assertThat(claim.getStatus().getAllocation().getDevices().getConfig()).isEmpty();
        assertThat(claim.getStatus().getAllocation().getDevices().getResults())
                .singleElement()
                .satisfies(result -> {
                    assertThat(result.getShareID()).isNull();
                    assertThat(result.getAdminAccess()).isTrue();
                });
        assertThat(claim.getStatus().getAllocation().getNodeSelector()).isNotNull();
        assertThat(claim.getStatus().getReservedFor()).hasSize(1);
        assertThat(claim.getStatus().getDevices()).isEmpty();
    }

    /** Each of 32 requests has up to 32 selectors of 10 KiB. */
    @ParameterizedTest
    @ValueSource(strings = {"exactly\":%s", "firstAvailable\":[%s]"})
    void requestsOfATemplateKeepNoSelectors(String request) {
        String alternative =
                "{\"name\":\"s\",\"deviceClassName\":\"a\",\"allocationMode\":\"All\",\"selectors\":[{\"cel\":{\"expression\":\"true\"}}]}";
        String template = """
                {"kind":"ResourceClaimTemplate","apiVersion":"resource.k8s.io/v1",%s,"spec":{"spec":{"devices":{"requests":[{"name":"r","%s}]}}}}""".formatted(METADATA, request.formatted(alternative));

        assertThat(CLIENT.asJson(CLIENT.unmarshal(template, ResourceClaimTemplate.class)))
                .contains("\"deviceClassName\":\"a\"", "\"allocationMode\":\"All\"")
                .doesNotContain("expression");
    }

    /** The API server stores any JSON of up to 10 KiB there, and the client would end the list of all namespaces. */
    @ParameterizedTest
    @ValueSource(strings = {"nested", "number"})
    void parametersOfOneClaimDoNotEndTheList(String kind) {
        String value = kind.equals("nested") ? "[".repeat(5000) + "]".repeat(5000) : "0." + "1".repeat(10_000);
        String claims = """
                {"kind":"ResourceClaimList","apiVersion":"resource.k8s.io/v1","metadata":{},"items":[\
                {"metadata":{"name":"hostile"},"spec":{"devices":{"config":[{"opaque":{"driver":"d","parameters":{"a":%s}}}]}}},{%s}]}""".formatted(value, METADATA);

        assertThat(list(ResourceClaim.class, claims).getItems())
                .extracting(claim -> claim.getMetadata().getName())
                .containsExactly("hostile", "a");
    }
}
