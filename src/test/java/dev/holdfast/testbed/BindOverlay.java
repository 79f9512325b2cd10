package dev.holdfast.testbed;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.zjsonpatch.JsonPatch;
import java.nio.file.Path;

/** The overlay overlays/bind as kustomize applies it. */
public final class BindOverlay {
    private BindOverlay() {}

    /** @param root of the project */
    public static DaemonSet appliedTo(DaemonSet base, Path root) {
        JsonNode patch =
                Serialization.unmarshal(Folders.read(root.resolve("overlays/bind/agent.yaml")), JsonNode.class);
        JsonNode source = Serialization.unmarshal(Serialization.asJson(base), JsonNode.class);
        return Serialization.unmarshal(JsonPatch.apply(patch, source).toString(), DaemonSet.class);
    }
}
