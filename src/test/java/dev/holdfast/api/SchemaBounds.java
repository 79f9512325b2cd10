package dev.holdfast.api;

import dev.holdfast.api.node.PassthroughNodeStatus;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRuleBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bounds of fields without bounds by annotation: those of Kubernetes types, which have no such annotations, and those
 * that operator and agents write. The bounds fit the Java types, and keep an object small enough for the caches. {@code
 * SchemaBoundsTest} reports a field that has no bounds.
 */
final class SchemaBounds {
    /** Maximum length of a label's key: a DNS name of 253 characters, a slash, and a name of 63. */
    private static final int LABEL_KEY = 317;

    private static final String LABEL_KEY_PATTERN =
            "^([-a-z0-9.]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$";
    private static final String LABEL_VALUE_PATTERN = "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$";

    /** 2^53 - 1: programs that read JSON numbers as doubles read integers up to this exactly. */
    private static final double WHOLE = 9007199254740991.0;

    /** 4 exabytes: far above the memory of any machine, within a Java long, and exact as a double. */
    private static final double BYTES = 4e18;

    private static final Bound KEY = schema -> text(schema, LABEL_KEY, LABEL_KEY_PATTERN);
    private static final Bound VALUE = schema -> text(schema, 63, LABEL_VALUE_PATTERN);
    private static final Bound TIME = text(64);
    private static final Bound HEX = text(8);
    private static final Bound PCI_ADDRESS = text(32);
    /** Name of a file in sysfs. */
    private static final Bound FILE_NAME = text(255);

    /** Bounds by the end of the path; the longest match applies. */
    private static final Map<String, Bound> BOUNDS = Map.ofEntries(
            // Kubernetes' scheduling.
            Map.entry("weight", whole(1, 100)),
            Map.entry("nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution", list(4)),
            Map.entry("nodeSelectorTerms", list(4)),
            Map.entry("preferredDuringSchedulingIgnoredDuringExecution", list(2)),
            Map.entry("requiredDuringSchedulingIgnoredDuringExecution", list(2)),
            Map.entry("matchExpressions", list(6)),
            Map.entry("matchExpressions[].key", KEY),
            Map.entry("matchExpressions[].values", list(16)),
            Map.entry("matchExpressions[].values[]", VALUE),
            Map.entry("labelSelector.matchExpressions", list(4)),
            Map.entry("labelSelector.matchExpressions[].values", list(8)),
            Map.entry("namespaceSelector.matchExpressions", list(2)),
            Map.entry("namespaceSelector.matchExpressions[].values", list(8)),
            Map.entry("matchFields", list(1)),
            Map.entry("matchFields[].key", KEY),
            Map.entry("matchFields[].values", list(4)),
            // The only possible field is the name of a node.
            Map.entry("matchFields[].values[]", text(253)),
            Map.entry("operator", text(16)),
            Map.entry("matchLabels", SchemaBounds::labels),
            Map.entry("matchLabels{}", VALUE),
            Map.entry("matchLabelKeys", list(2)),
            Map.entry("matchLabelKeys[]", KEY),
            Map.entry("mismatchLabelKeys", list(2)),
            Map.entry("mismatchLabelKeys[]", KEY),
            Map.entry("namespaces", list(8)),
            Map.entry("namespaces[]", text(63)),
            Map.entry("topologyKey", KEY),
            Map.entry("tolerations[].key", schema -> text(schema, LABEL_KEY, optional(LABEL_KEY_PATTERN))),
            Map.entry("tolerations[].value", VALUE),
            Map.entry("tolerations[].effect", text(32)),
            Map.entry("tolerationSeconds", whole(-WHOLE, WHOLE)),
            Map.entry("imagePullSecrets[].name", text(253)),
            // Quantities.
            Map.entry("memory.guest", SchemaBounds::quantity),
            Map.entry("video.memory", SchemaBounds::quantity),
            Map.entry("memlock.limit", SchemaBounds::quantity),
            Map.entry("memory.overhead", SchemaBounds::quantity),
            // Conditions.
            Map.entry("conditions", list(16)),
            Map.entry("conditions[].type", text(316)),
            Map.entry("conditions[].status", text(16)),
            Map.entry("conditions[].reason", text(StatusTexts.MAX_REASON)),
            Map.entry("conditions[].message", text(StatusTexts.MAX_MESSAGE)),
            Map.entry("conditions[].lastTransitionTime", TIME),
            Map.entry("observedGeneration", whole(0, WHOLE)),
            Map.entry("status.observedGeneration", whole(-1, WHOLE)),
            // Written by the operator.
            // Status of a device class.
            Map.entry("status.resource", text(253)),
            Map.entry("status.selectors", text(128)),
            Map.entry("status.total", whole(0, Integer.MAX_VALUE)),
            Map.entry("status.usable", whole(0, Integer.MAX_VALUE)),
            Map.entry("status.nodes", whole(0, Integer.MAX_VALUE)),
            Map.entry("status.printableStatus", text(StatusTexts.MAX_REASON)),
            Map.entry("status.nodeName", text(253)),
            Map.entry("status.podIP", text(64)),
            Map.entry("status.restarts", whole(0, Integer.MAX_VALUE)),
            Map.entry("status.nextStartTime", TIME),
            Map.entry("status.restartedAt", TIME),
            Map.entry("columns.devices", whole(0, 64)),
            Map.entry("columns.limit", text(32)),
            Map.entry("columns.locked", text(32)),
            Map.entry("memlock.addressSpaces", whole(0, 1024)),
            Map.entry("memlock.marginBytes", whole(-BYTES, BYTES)),
            Map.entry("memlock.terms", list(64)),
            Map.entry("terms[].name", text(63)),
            Map.entry("terms[].reason", text(StatusTexts.MAX_MESSAGE)),
            Map.entry("terms[].bytes", whole(0, BYTES)),
            Map.entry("startTimes.created", TIME),
            Map.entry("startTimes.scheduled", TIME),
            Map.entry("startTimes.executed", TIME),
            Map.entry("startTimes.granted", TIME),
            Map.entry("startTimes.running", TIME),
            // Written by agents; -1 means no limit.
            Map.entry("requiredBytes", whole(0, BYTES)),
            Map.entry("measuredBytes", whole(0, BYTES)),
            Map.entry("limitBytes", whole(-1, BYTES)),
            Map.entry("maxBytes", whole(0, BYTES)),
            Map.entry("appliedBytes", whole(-1, BYTES)),
            Map.entry("lockedBytes", whole(0, BYTES)),
            Map.entry("status.summary", text(255)),
            Map.entry("status.devices", list(PassthroughNodeStatus.MAX_DEVICES)),
            Map.entry("devices[].pciAddress", PCI_ADDRESS),
            Map.entry("devices[].physicalFunction", PCI_ADDRESS),
            Map.entry("devices[].groupID", PCI_ADDRESS),
            Map.entry("devices[].groupMembers", list(PassthroughNodeStatus.MAX_DEVICES)),
            Map.entry("devices[].groupMembers[]", PCI_ADDRESS),
            Map.entry("devices[].pciAddresses", list(PassthroughNodeStatus.MAX_DEVICES)),
            Map.entry("devices[].pciAddresses[]", PCI_ADDRESS),
            Map.entry("devices[].name", text(63)),
            Map.entry("devices[].vendorID", HEX),
            Map.entry("devices[].deviceID", HEX),
            Map.entry("devices[].subsystemVendorID", HEX),
            Map.entry("devices[].subsystemID", HEX),
            Map.entry("devices[].classCode", HEX),
            Map.entry("devices[].description", text(255)),
            Map.entry("devices[].driver", FILE_NAME),
            Map.entry("devices[].pcieRoot", FILE_NAME),
            Map.entry("devices[].deviceClass", text(63)),
            Map.entry("devices[].message", text(StatusTexts.MAX_MESSAGE)),
            Map.entry("devices[].iommuGroup", whole(0, Integer.MAX_VALUE)),
            Map.entry("devices[].numaNode", whole(0, Integer.MAX_VALUE)),
            Map.entry("devices[].virtualFunctions", whole(0, 65535)),
            Map.entry("devices[].maxVirtualFunctions", whole(0, 65535)),
            Map.entry("devices[].bars", list(16)),
            Map.entry("bars[].index", whole(0, 16)),
            Map.entry("bars[].sizeBytes", whole(0, BYTES)),
            Map.entry("devices[].resetMethods", list(16)),
            Map.entry("devices[].resetMethods[]", text(63)),
            Map.entry("devices[].blockers", list(64)),
            Map.entry("blockers[].pciAddress", PCI_ADDRESS),
            Map.entry("blockers[].driver", FILE_NAME),
            Map.entry("binding.message", text(StatusTexts.MAX_MESSAGE)),
            Map.entry("binding.formerDriver", FILE_NAME),
            Map.entry("binding.time", TIME),
            Map.entry("grants[].devices", list(64)),
            Map.entry("grants[].pid", whole(1, Integer.MAX_VALUE)),
            Map.entry("grants[].startTicks", whole(0, WHOLE)),
            Map.entry("grants[].time", TIME),
            Map.entry("vm.namespace", text(63)),
            Map.entry("vm.name", text(253)));

    private SchemaBounds() {}

    @FunctionalInterface
    private interface Bound {
        void put(JSONSchemaProps schema);
    }

    /** Sets the bounds of all fields that have an entry here and no bounds yet. */
    static void put(JSONSchemaProps whole) {
        put("", whole);
    }

    private static void put(String path, JSONSchemaProps schema) {
        Bound bound = find(path);
        if (bound != null && !isBounded(schema)) {
            bound.put(schema);
        }
        if (schema.getProperties() != null) {
            schema.getProperties().forEach((name, inner) -> put(path.isEmpty() ? name : path + "." + name, inner));
        }
        if (schema.getItems() != null) {
            put(path + "[]", schema.getItems().getSchema());
        }
        if (schema.getAdditionalProperties() != null) {
            put(path + "{}", schema.getAdditionalProperties().getSchema());
        }
    }

    /** Returns whether the field has bounds already, or needs none. */
    private static boolean isBounded(JSONSchemaProps schema) {
        return schema.getMaxLength() != null
                || schema.getMaxItems() != null
                || schema.getMaxProperties() != null
                || schema.getMaximum() != null
                || !schema.getEnum().isEmpty();
    }

    private static @Nullable Bound find(String path) {
        String end = path;
        while (!BOUNDS.containsKey(end) && end.contains(".")) {
            end = end.substring(end.indexOf('.') + 1);
        }
        return BOUNDS.get(end);
    }

    private static Bound text(int max) {
        return schema -> schema.setMaxLength((long) max);
    }

    private static void text(JSONSchemaProps schema, int max, String pattern) {
        schema.setMaxLength((long) max);
        schema.setPattern(pattern);
    }

    /** Returns the pattern with the empty text allowed: a toleration of everything has an empty key. */
    private static String optional(String pattern) {
        return "^(" + pattern.substring(1, pattern.length() - 1) + ")?$";
    }

    private static Bound whole(double min, double max) {
        return schema -> {
            schema.setMinimum(min);
            schema.setMaximum(max);
        };
    }

    private static Bound list(int max) {
        return schema -> schema.setMaxItems((long) max);
    }

    /** Sets the bounds of a quantity: a number, or a text with a unit. */
    private static void quantity(JSONSchemaProps schema) {
        schema.setMaxLength(32L);
        schema.setMinimum(0.0);
        schema.setMaximum(BYTES);
    }

    /** Sets the bounds of labels; a schema cannot bound the keys of a map, so a rule does. */
    private static void labels(JSONSchemaProps schema) {
        schema.setMaxProperties(8L);
        schema.setXKubernetesValidations(List.of(new ValidationRuleBuilder()
                .withRule("self.all(key, size(key) <= " + LABEL_KEY + ")")
                .withMessage("a label's key must be at most " + LABEL_KEY + " characters; choose a shorter one")
                .build()));
    }
}
