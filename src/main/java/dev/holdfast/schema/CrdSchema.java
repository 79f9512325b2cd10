package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Schema and rules of one kind, from the shipped CRD. Rules are compiled at their first use and kept. Thread-safe.
 */
public final class CrdSchema {
    private final JsonNode crd;
    private final SchemaNode root;
    private final SchemaNode metadata;

    CrdSchema(JsonNode crd, JsonNode metadata) {
        this.crd = crd;
        this.root = new SchemaNode(crd.path("schema"));
        this.metadata = new SchemaNode(metadata);
    }

    /** Holder of the schema: it is read at its first use. */
    private static final class Vm {
        private static final CrdSchema SCHEMA = SchemaResources.read("passthroughvms");
    }

    private static final class Node {
        private static final CrdSchema SCHEMA = SchemaResources.read("passthroughnodes");
    }

    private static final class DeviceClass {
        private static final CrdSchema SCHEMA = SchemaResources.read("passthroughdeviceclasses");
    }

    /** Returns the schema of PassthroughVM. */
    public static CrdSchema passthroughVm() {
        return Vm.SCHEMA;
    }

    /** Returns the schema of PassthroughNode. */
    public static CrdSchema passthroughNode() {
        return Node.SCHEMA;
    }

    /** Returns the schema of PassthroughDeviceClass. */
    public static CrdSchema passthroughDeviceClass() {
        return DeviceClass.SCHEMA;
    }

    /**
     * Returns the reasons for which the API server would refuse to create an object, with strict field validation.
     * Unknown fields are refused first, and rules are not evaluated if the structure is invalid.
     *
     * @param object object with apiVersion and kind of this schema, with or without a namespace; not modified
     * @return the reasons in the order of the object's fields; empty if the server accepts the object
     */
    public List<Violation> violations(JsonNode object) {
        List<Violation> malformed = MalformedMetadata.of(metadata, object.path("metadata"));
        if (!malformed.isEmpty()) {
            return malformed;
        }
        List<Violation> unknown = UnknownFields.of(root, object, metadata);
        return unknown.isEmpty() ? invalid(withDefaults(object)) : unknown;
    }

    /**
     * Returns the violations of an object that the API server has decoded, without unknown fields, which the server has
     * dropped.
     *
     * @param object object to check; not modified
     * @return the reasons in the order of the object's fields; empty if the server accepts the object
     */
    public List<Violation> violationsOfStored(JsonNode object) {
        return invalid(withDefaults(object));
    }

    /**
     * Returns a copy with the schema's defaults, as the API server stores a new object: with a name, without a status.
     */
    public ObjectNode withDefaults(JsonNode object) {
        ObjectNode copy = defaulted(object);
        GeneratedName.complete(copy);
        if (crd.path("statusSubresource").asBoolean()) {
            copy.remove("status");
        }
        return copy;
    }

    private ObjectNode defaulted(JsonNode object) {
        ObjectNode copy =
                object instanceof ObjectNode fields ? fields.deepCopy() : JsonNodeFactory.instance.objectNode();
        DefaultValues.apply(root, copy);
        return copy;
    }

    private List<Violation> invalid(ObjectNode object) {
        Findings findings = new Findings("");
        new MetadataCheck(findings)
                .check(object.path("metadata"), crd.path("namespaced").asBoolean());
        new StructureCheck(findings).check(root, object, "", null);
        new ListKeys(findings).check(root, object, "");
        if (!findings.blockRules()) {
            new RuleCheck(findings).check(root, object, "", null, false);
        }
        return findings.list();
    }

    /**
     * Returns the reasons for which the API server would refuse a change of the status.
     *
     * @param object object with the new status; all other fields are taken from the object before
     * @param before stored object
     */
    public List<Violation> violationsOfStatus(JsonNode object, JsonNode before) {
        List<Violation> unknown = UnknownFields.of(root, object, metadata);
        if (!unknown.isEmpty()) {
            return unknown;
        }
        ObjectNode old = defaulted(before);
        ObjectNode changed = old.deepCopy();
        JsonNode status = defaulted(object).path("status");
        Findings findings = new Findings("");
        if (status.isMissingNode()) {
            changed.remove("status");
        } else {
            changed.set("status", status);
            Findings below = new Findings("status");
            root.field("status")
                    .ifPresent(schema -> new StructureCheck(below).check(schema, status, "", old.get("status")));
            findings.addAll(below);
        }
        Findings oldLists = new Findings("");
        new ListKeys(oldLists).check(root, old, "");
        if (oldLists.list().isEmpty()) {
            new ListKeys(findings).check(root, changed, "");
        }
        if (!findings.blockRules()) {
            new RuleCheck(findings).check(root, changed, "", old, false);
        }
        return findings.list();
    }

    /** Returns the schema of the object. */
    SchemaNode root() {
        return root;
    }
}
