package dev.holdfast.testbed.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The objects that helm or kustomize printed, by kind and name, without what is Helm's own. */
public final class Rendered {
    private static final Pattern DOCUMENT = Pattern.compile("(?m)^---$");
    private static final Set<String> LABELS_OF_HELM = Set.of("helm.sh/chart", "app.kubernetes.io/managed-by");

    private Rendered() {}

    public static Map<String, JsonNode> objects(String yaml) {
        Map<String, JsonNode> objects = new TreeMap<>();
        for (String document : DOCUMENT.split(yaml)) {
            if (Serialization.unmarshal(document, JsonNode.class) instanceof ObjectNode object) {
                String key = object.path("kind").asText() + " "
                        + object.at("/metadata/name").asText();
                if (objects.put(key, withoutHelms(object)) != null) {
                    throw new IllegalStateException(key + " is there twice");
                }
            }
        }
        return objects;
    }

    private static JsonNode withoutHelms(ObjectNode object) {
        if (object.at("/metadata/labels") instanceof ObjectNode labels) {
            labels.remove(LABELS_OF_HELM);
        }
        if (object.at("/metadata/annotations") instanceof ObjectNode annotations) {
            annotations.remove("helm.sh/resource-policy");
            if (annotations.isEmpty()) {
                ((ObjectNode) object.path("metadata")).remove("annotations");
            }
        }
        return object;
    }
}
