package dev.holdfast.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What of a VM's spec has changed since its pod was made, field by field: the pod keeps the spec that it was made from.
 * The run strategy is left out, as it holds at once.
 */
final class SpecChange {
    static final String ANNOTATION = Names.GROUP + "/vm-spec";

    /** The operator holds it beside the spec for each VM that has a pod; a spec without its data has a few KiB. */
    private static final int MAX_BYTES = 32 << 10;

    /** Told as a whole: their parts are labels and the Pod's own fields. */
    private static final Set<String> WHOLES = Set.of("spec.nodeSelector", "spec.affinity");

    /** Data that the annotation does not tell, but for its being there: whether it has changed is told by a hash. */
    private static final Set<String> INLINE = Set.of("userData", "userDataBase64", "networkData", "networkDataBase64");

    private static final String VOLUMES = "spec.volumes";

    private static final String NOT_TOLD = "AAAA";

    /** An operator that was downgraded may find fields that it does not know. */
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private SpecChange() {}

    /** What the pod's annotation shall be; empty for a spec that is too long to be kept. */
    static Optional<String> kept(PassthroughVMSpec spec) {
        String json = json(spec);
        return json.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES ? Optional.empty() : Optional.of(json);
    }

    /**
     * The fields that differ, by path, in the spec's order; none when the pod would be the same all the same, as with
     * 1Gi instead of 1024Mi, and none when the pod does not tell what it was made from.
     */
    static List<String> fields(PassthroughVM vm, Pod pod, Optional<String> cloudInitHash, Defaults defaults) {
        if (VmPod.isOfGeneration(pod, vm) || vm.getSpec() == null) {
            return List.of();
        }
        // Where there was no data, the annotation tells that there is now.
        boolean sameData = cloudInitHash.isEmpty() || cloudInitHash.equals(CloudInitSecret.hash(vm));
        Optional<JsonNode> made = Optional.ofNullable(pod.getMetadata().getAnnotations())
                .map(annotations -> annotations.get(ANNOTATION))
                .flatMap(SpecChange::read);
        return made.flatMap(former -> read(json(vm.getSpec())).map(present -> differing(former, present, sameData)))
                .filter(fields -> !fields.isEmpty() && !(sameData && isSamePod(vm, made.get(), defaults)))
                .orElse(List.of());
    }

    /** The VM as it was when the pod was made; as it is now when the pod does not tell. */
    static PassthroughVM madeFrom(PassthroughVM vm, Pod pod) {
        return Optional.ofNullable(pod.getMetadata().getAnnotations())
                .map(annotations -> annotations.get(ANNOTATION))
                .flatMap(SpecChange::read)
                .flatMap(made -> former(vm, made))
                .orElse(vm);
    }

    private static Optional<PassthroughVM> former(PassthroughVM vm, JsonNode made) {
        PassthroughVM former = new PassthroughVM();
        former.setMetadata(new ObjectMetaBuilder(vm.getMetadata()).build());
        try {
            former.setSpec(JSON.treeToValue(made, PassthroughVMSpec.class));
            return Optional.of(former);
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static boolean isSamePod(PassthroughVM vm, JsonNode made, Defaults defaults) {
        Optional<PassthroughVM> former = former(vm, made);
        return former.isPresent()
                && VmPod.of(former.get(), defaults) instanceof PodPlan.Ready was
                && VmPod.of(vm, defaults) instanceof PodPlan.Ready is
                && was.pod().getSpec().equals(is.pod().getSpec())
                && was.memlock().equals(is.memlock());
    }

    private static List<String> differing(JsonNode former, JsonNode present, boolean sameData) {
        List<String> fields = new ArrayList<>();
        collect("spec", former, present, fields);
        if (!sameData && !fields.contains(VOLUMES)) {
            fields.add(VOLUMES);
        }
        return List.copyOf(fields);
    }

    private static void collect(String path, JsonNode former, JsonNode present, List<String> into) {
        if (former.equals(present)) {
            return;
        }
        if (!former.isObject() || !present.isObject() || WHOLES.contains(path)) {
            into.add(path);
            return;
        }
        Set<String> names = new LinkedHashSet<>();
        present.fieldNames().forEachRemaining(names::add);
        former.fieldNames().forEachRemaining(names::add);
        names.forEach(name -> collect(path + "." + name, former.path(name), present.path(name), into));
    }

    private static String json(PassthroughVMSpec spec) {
        ObjectNode tree = JSON.valueToTree(spec);
        tree.remove("runStrategy");
        // It may be secret, and whoever may read pods may not be meant to.
        for (JsonNode volume : tree.path("volumes")) {
            INLINE.forEach(field -> {
                if (volume.path("cloudInitNoCloud").has(field)) {
                    ((ObjectNode) volume.path("cloudInitNoCloud")).put(field, NOT_TOLD);
                }
            });
        }
        return tree.toString();
    }

    /** Both sides are read from text: a number of the record and the same number of the text are unequal nodes. */
    private static Optional<JsonNode> read(String json) {
        try {
            return Optional.of(JSON.readTree(json)).filter(JsonNode::isObject);
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }
}
