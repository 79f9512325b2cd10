package dev.holdfast.reconcile.decode;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.Slow;
import dev.holdfast.api.DecodeFault;
import dev.holdfast.api.Names;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.plan.lifecycle.VmPlan;
import dev.holdfast.plan.observed.VolumeClaims;
import dev.holdfast.testbed.fixtures.CrdSchemas;
import dev.holdfast.testbed.fixtures.ObservedStates;
import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Decodes lists of objects made from the schemas with the operator's client: a fault affects only its own object. */
@Slow
class DecodeFuzzTest {
    private static final int LISTS = 60;
    private static final int SIZE = 25;
    private static final long SEED = 20261122;

    private static final Map<Class<?>, JSONSchemaProps> SCHEMAS = Stream.of(
                    PassthroughVM.class, PassthroughDeviceClass.class, PassthroughNode.class)
            .collect(Collectors.toMap(kind -> kind, CrdSchemas::of));

    private static final KubernetesSerialization CLIENT = FaultTolerantClient.serialization();

    @ParameterizedTest
    @ValueSource(classes = {PassthroughVM.class, PassthroughDeviceClass.class, PassthroughNode.class})
    <R extends CustomResource<?, ?>> void everyListIsDecoded(Class<R> kind) {
        int whole = 0;
        int faulty = 0;
        for (int i = 0; i < LISTS; i++) {
            List<R> list = decoded(kind, json(kind, SEED + i, 0.02));

            assertThat(list)
                    .extracting(object -> object.getMetadata().getName())
                    .containsExactlyElementsOf(names());
            for (R object : list) {
                List<DecodeFault> faults = Undecodable.faults(object);
                faulty += faults.isEmpty() ? 0 : 1;
                whole += faults.isEmpty() ? 1 : 0;
                assertThat(faults).allSatisfy(fault -> {
                    assertThat(fault.path()).matches("(spec|status)(\\b.*)?").hasSizeLessThanOrEqualTo(512);
                    assertThat(fault.message()).isNotBlank().hasSizeLessThanOrEqualTo(512);
                });
            }
        }
        // Some are refused and some are not; of a class only the name is read.
        assertThat(whole).isGreaterThan(LISTS);
        assertThat(faulty).isGreaterThan(kind.equals(PassthroughDeviceClass.class) ? -1 : LISTS);
    }

    @ParameterizedTest
    @ValueSource(classes = {PassthroughVM.class, PassthroughDeviceClass.class, PassthroughNode.class})
    <R extends CustomResource<?, ?>> void objectsThatTheSchemaAcceptsAreDecoded(Class<R> kind) {
        for (int i = 0; i < LISTS; i++) {
            assertThat(decoded(kind, json(kind, SEED + i, 0)))
                    .allSatisfy(object -> assertThat(Undecodable.faults(object)).isEmpty());
        }
    }

    /** Each decoded object can be used by plans; a node's report by the plans of all VMs. */
    @Test
    void noDecodedObjectBreaksThePlanOfAnotherVm() {
        PassthroughVM vm = decoded(PassthroughVM.class, """
                [{"metadata": {"name": "vm", "namespace": "lab", "uid": "u"}, "spec": {"memory": {"guest": "128Mi"},
                  "devices": {"gpus": [{"name": "gpu0", "deviceName": "holdfast.dev/a"}]}}}]""").getFirst();
        for (int i = 0; i < LISTS; i++) {
            List<PassthroughNode> nodes = decoded(PassthroughNode.class, json(PassthroughNode.class, SEED + i, 0.02));

            VmPlan plan = VmPlan.of(
                    ObservedStates.of(vm, null, nodes, Set.of("a"), VolumeClaims.unknown()),
                    OperatorSettings.of("launcher:test", false),
                    Instant.EPOCH);

            assertThat(plan.action()).isNotNull();
        }
    }

    private static <R extends CustomResource<?, ?>> String json(Class<R> kind, long seed, double faultShare) {
        SchemaFuzz fuzz = new SchemaFuzz(seed, faultShare);
        JSONSchemaProps schema = Objects.requireNonNull(SCHEMAS.get(kind));
        List<String> objects = new ArrayList<>();
        for (String name : names()) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            object.put("apiVersion", Names.GROUP + "/" + Names.VERSION).put("kind", kind.getSimpleName());
            object.putObject("metadata").put("name", name).put("uid", "uid-of-" + name);
            for (String part : List.of("spec", "status")) {
                Optional.ofNullable(schema.getProperties().get(part))
                        .ifPresent(found -> object.set(part, fuzz.value(found)));
            }
            objects.add(object.toString());
        }
        return objects.toString();
    }

    private static List<String> names() {
        return IntStream.range(0, SIZE).mapToObj(i -> "object-" + i).toList();
    }

    private static <R extends HasMetadata> List<R> decoded(Class<R> kind, String items) {
        Type type = CLIENT.constructParametricType(DefaultKubernetesResourceList.class, kind);
        DefaultKubernetesResourceList<R> list =
                CLIENT.unmarshal("{\"metadata\": {}, \"items\": %s}".formatted(items), new TypeReference<>() {
                    @Override
                    public Type getType() {
                        return type;
                    }
                });
        return list.getItems();
    }
}
