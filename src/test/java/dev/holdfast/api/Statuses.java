package dev.holdfast.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.vm.PassthroughVMStatus;
import java.util.List;
import java.util.Map;

/** Statuses of VMs by the few fields that a test is about, named as in the API. */
public final class Statuses {
    private static final JsonMapper JSON = new JsonMapper();

    private Statuses() {}

    /** Nothing but these. */
    public static PassthroughVMStatus of(Map<String, ?> fields) {
        return with(PassthroughVMStatus.none(), fields);
    }

    /** The same but for these. */
    public static PassthroughVMStatus with(PassthroughVMStatus status, Map<String, ?> fields) {
        ObjectNode tree = JSON.valueToTree(status);
        fields.forEach((name, value) -> tree.set(name, JSON.valueToTree(value)));
        return read(tree);
    }

    /** The same but for these, which it has not. */
    public static PassthroughVMStatus without(PassthroughVMStatus status, String... fields) {
        ObjectNode tree = JSON.valueToTree(status);
        return read(tree.without(List.of(fields)));
    }

    private static PassthroughVMStatus read(ObjectNode tree) {
        try {
            return JSON.treeToValue(tree, PassthroughVMStatus.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
