package dev.holdfast.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.docs.MarkdownPage.Block;
import dev.holdfast.schema.CrdSchema;
import dev.holdfast.schema.Violation;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** YAML that people copy is what the schemas accept; a part of a VM's spec as soon as the VM has memory and a GPU. */
class YamlBlocksTest {
    private static final String VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {name: vm, namespace: default}
            spec:
              memory: {guest: 64Gi}
              devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/gpu}]}
            """;

    private static final Pattern IN_A_COMMAND = Pattern.compile("(?ms)^kubectl apply -f - <<'END'\n(.*?)^END$");

    @Test
    void everyBlockIsAccepted() throws IOException {
        List<String> faults = new ArrayList<>();
        int accepted = 0;
        for (MarkdownPage page : Checkout.guides()) {
            for (Block block : page.blocks()) {
                for (String yaml : yaml(block)) {
                    JsonNode object = object(Serialization.unmarshal(yaml, JsonNode.class));
                    List<Violation> violations = violations(object);
                    violations.forEach(
                            violation -> faults.add("%s:%d: %s".formatted(page.file(), block.line(), violation)));
                    accepted += violations.isEmpty() ? 1 : 0;
                }
            }
        }

        assertThat(faults).isEmpty();
        assertThat(accepted).isGreaterThan(8);
    }

    private static List<String> yaml(Block block) {
        return switch (block.language()) {
            case "yaml" -> List.of(block.text());
            case "sh" ->
                IN_A_COMMAND
                        .matcher(block.text())
                        .results()
                        .map(found -> found.group(1))
                        .toList();
            default -> List.of();
        };
    }

    /** Returns the object; of a spec's part a VM that has it. */
    private static JsonNode object(JsonNode yaml) {
        if (yaml.size() != 1 || !yaml.has("spec")) {
            return yaml;
        }
        ObjectNode vm = Serialization.unmarshal(VM, ObjectNode.class);
        merge((ObjectNode) vm.path("spec"), yaml.path("spec"));
        return vm;
    }

    private static void merge(ObjectNode into, JsonNode from) {
        from.properties().forEach(field -> {
            if (field.getValue().isObject() && into.path(field.getKey()).isObject()) {
                merge((ObjectNode) into.get(field.getKey()), field.getValue());
            } else {
                into.set(field.getKey(), field.getValue());
            }
        });
    }

    private static List<Violation> violations(JsonNode object) {
        return switch (object.path("kind").asText()) {
            case "PassthroughVM" -> CrdSchema.passthroughVm().violations(object);
            case "PassthroughDeviceClass" -> CrdSchema.passthroughDeviceClass().violations(object);
            // Objects of other kinds: a Service, a part of a ConfigMap.
            default -> List.of();
        };
    }
}
