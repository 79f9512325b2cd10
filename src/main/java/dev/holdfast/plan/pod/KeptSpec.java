package dev.holdfast.plan.pod;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.plan.observed.ObservedPod;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/**
 * The spec that a pod was created from, in an annotation of the pod; without the run strategy, which takes effect at once, and
 * without cloud-init data, of which only a hash is kept.
 */
public final class KeptSpec {
    public static final String ANNOTATION = Names.GROUP + "/vm-spec";

    /** The operator keeps it in memory for each VM that has a pod; a spec without cloud-init data has a few KiB. */
    private static final int MAX_BYTES = 32 << 10;

    /** Data that may be secret from users who may read pods. */
    private static final Set<String> INLINE = Set.of("userData", "userDataBase64", "networkData", "networkDataBase64");

    /** Placeholder that is valid as text and as base64. */
    private static final String WITHHELD = "AAAA";

    /** A downgraded operator may read fields that are unknown to it. */
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private KeptSpec() {}

    /** Returns the value of the annotation; empty for a spec that is too long to be kept. */
    public static Optional<String> of(PassthroughVMSpec spec) {
        String json = json(spec);
        return json.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES ? Optional.empty() : Optional.of(json);
    }

    /** Returns the kept part of a spec, parsed from JSON text: trees made from records have other types of numbers. */
    public static JsonNode tree(PassthroughVMSpec spec) {
        return parse(json(spec)).orElseThrow();
    }

    /** Returns the spec that a pod was created from; empty when the pod lacks the annotation. */
    public static Optional<JsonNode> of(Pod pod) {
        return new ObservedPod(pod).annotation(ANNOTATION).flatMap(KeptSpec::parse);
    }

    /** Decodes a spec; empty when that fails, as for one written by another version of the operator. */
    public static Optional<PassthroughVMSpec> spec(JsonNode tree) {
        try {
            return Optional.of(JSON.treeToValue(tree, PassthroughVMSpec.class));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static String json(PassthroughVMSpec spec) {
        ObjectNode tree = JSON.valueToTree(spec);
        tree.remove("runStrategy");
        for (JsonNode volume : tree.path("volumes")) {
            if (volume.path("cloudInitNoCloud") instanceof ObjectNode seed) {
                INLINE.stream().filter(seed::has).forEach(field -> seed.put(field, WITHHELD));
            }
        }
        return tree.toString();
    }

    private static Optional<JsonNode> parse(String json) {
        try {
            return Optional.of(JSON.readTree(json)).filter(JsonNode::isObject);
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }
}
