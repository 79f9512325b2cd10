package dev.holdfast.plan.machine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.storage.CloudInitNoCloud;
import dev.holdfast.api.vm.storage.VmVolume;
import dev.holdfast.schema.CrdSchema;
import dev.holdfast.schema.Violation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Causes why a spec is invalid. The rules of the CRD are evaluated here, because the spec may have been stored under another
 * schema, or may never have been sent to an API server; then come the checks that a schema cannot express.
 */
final class SpecFaults {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final ValidSpecs VALID = new ValidSpecs();

    private SpecFaults() {}

    /** Lists the causes; none for a valid spec. */
    static List<Cause> of(@Nullable PassthroughVMSpec spec) {
        JsonNode tree = JSON.valueToTree(spec);
        String hash = Sha256.hex(tree.toString());
        if (VALID.contains(hash)) {
            return List.of();
        }
        List<Cause> causes = evaluated(spec, tree);
        if (causes.isEmpty()) {
            VALID.add(hash);
        }
        return causes;
    }

    private static List<Cause> evaluated(@Nullable PassthroughVMSpec spec, JsonNode tree) {
        List<Violation> violations = CrdSchema.passthroughVm().violationsOfStored(vm(tree));
        return violations.isEmpty()
                ? Given.of(spec).map(SpecFaults::undecodableSeeds).orElseGet(List::of)
                : violations.stream()
                        // A violation without a path says that rules were not evaluated; the other violations have the
                        // reason.
                        .filter(violation -> !violation.path().isEmpty() || violations.size() == 1)
                        .map(violation -> invalid(violation.text()))
                        .toList();
    }

    private static ObjectNode vm(JsonNode spec) {
        ObjectNode vm = JSON.createObjectNode()
                .put("apiVersion", HasMetadata.getApiVersion(PassthroughVM.class))
                .put("kind", HasMetadata.getKind(PassthroughVM.class));
        // The schema is that of a whole object; the API server checks names and namespaces.
        vm.putObject("metadata").put("name", "vm").put("namespace", "default");
        if (!spec.isNull()) {
            vm.set("spec", spec);
        }
        return vm;
    }

    /** Lists the volumes whose base64 cannot be decoded; a schema cannot check that. */
    private static List<Cause> undecodableSeeds(PassthroughVMSpec spec) {
        return Given.list(spec.volumes()).stream()
                .flatMap(volume -> Given.of(volume.cloudInitNoCloud()).stream()
                        .flatMap(SpecFaults::encoded)
                        .filter(text -> !isBase64(text))
                        .map(text -> undecodable(volume)))
                .toList();
    }

    private static Stream<String> encoded(CloudInitNoCloud seed) {
        return Stream.of(Given.of(seed.userDataBase64()), Given.of(seed.networkDataBase64()))
                .flatMap(Optional::stream);
    }

    private static boolean isBase64(String text) {
        try {
            Base64.getDecoder().decode(text.replaceAll("\\s", ""));
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static Cause undecodable(VmVolume volume) {
        return invalid("spec.volumes: the cloud-init data of volume %s is invalid base64; encode it with `base64 -w0`"
                .formatted(volume.name()));
    }

    private static Cause invalid(String message) {
        return new Cause(Reason.InvalidSpec, message);
    }
}
