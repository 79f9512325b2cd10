package dev.holdfast.reconcile.cache;

import dev.holdfast.api.Names;
import dev.holdfast.api.StandardAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The fields that the operator reads, for each kind that it watches. Objects of other kinds are kept whole. */
final class KeptFields {
    /** Handling of a field. */
    enum Handling {
        KEPT,
        SKIPPED,
        /** Written by users and read by the operator: kept up to a maximum size. */
        LIMITED
    }

    private static final String VM = "PassthroughVM";

    private static final List<String> ANNOTATIONS = List.of("metadata", "annotations");

    private static final Set<String> METADATA = Set.of(
            "name",
            "namespace",
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "deletionTimestamp",
            "ownerReferences",
            "annotations",
            "labels",
            // Field of a list.
            "continue");

    /** Drivers' opaque parameters, up to 10 KiB each, are skipped. */
    private static final Set<String> CLAIM_DEVICES = Set.of("requests", "constraints");

    /** Selectors, which only the scheduler evaluates, are skipped: any user may write a megabyte of them. */
    private static final Set<String> REQUESTS = Set.of("name", "exactly", "firstAvailable");

    private static final Set<String> ALTERNATIVES =
            Set.of("name", "deviceClassName", "count", "allocationMode", "adminAccess");

    private static final Set<String> CONSTRAINTS = Set.of("requests", "matchAttribute");

    /** The class of a device, its address, and what a constraint usually compares. */
    private static final Set<String> ATTRIBUTES = Set.of(
            "deviceClass",
            Names.DRA_DRIVER + "/deviceClass",
            StandardAttributes.PCI_BUS_ID,
            StandardAttributes.PCIE_ROOT,
            StandardAttributes.NUMA_NODE);

    /** Qualified names are of other drivers, whose domains are unknown, and an unqualified one is in the driver's domain. */
    private static final Set<String> CAPACITIES = Set.of("memory");

    /** The kept fields by kind and path; an object whose path is not listed is kept whole. */
    private static final Map<String, Map<List<String>, Set<String>>> KEPT = Map.ofEntries(
            Map.entry(VM, Map.of()),
            Map.entry("PassthroughNode", Map.of()),
            Map.entry(
                    "PassthroughDeviceClass",
                    Map.of(
                            List.of(),
                            Set.of("apiVersion", "kind", "metadata", "spec", "status"),
                            List.of("spec"),
                            Set.of("selectors", "allocation"))),
            Map.entry(
                    "PersistentVolumeClaim",
                    Map.of(List.of("spec"), Set.of("volumeMode"), List.of("status"), Set.of("phase"))),
            Map.entry("Pod", ofPods()),
            Map.entry("DeviceClass", Map.of(List.of("spec"), Set.of("selectors", "extendedResourceName"))),
            Map.entry("ResourceClaim", ofClaims()),
            Map.entry("ResourceClaimTemplate", ofClaimTemplates()),
            Map.entry("ResourceSlice", ofSlices()));

    private KeptFields() {}

    private static Map<List<String>, Set<String>> ofPods() {
        return Map.of(
                List.of("spec"),
                Set.of("nodeName", "containers", "volumes", "resourceClaims"),
                // Shows whether the API server has dropped volumes or claims.
                List.of("spec", "volumes"),
                Set.of("name"),
                List.of("spec", "resourceClaims"),
                Set.of("name"),
                List.of("spec", "containers"),
                Set.of("name", "args"),
                List.of("status"),
                Set.of(
                        "phase",
                        "reason",
                        "message",
                        "podIP",
                        "conditions",
                        "containerStatuses",
                        "initContainerStatuses",
                        "resourceClaimStatuses",
                        "extendedResourceClaimStatus"));
    }

    private static Map<List<String>, Set<String>> ofClaims() {
        return Map.of(
                List.of("spec", "devices"),
                CLAIM_DEVICES,
                List.of("spec", "devices", "requests"),
                REQUESTS,
                List.of("spec", "devices", "requests", "exactly"),
                ALTERNATIVES,
                List.of("spec", "devices", "requests", "firstAvailable"),
                ALTERNATIVES,
                List.of("spec", "devices", "constraints"),
                CONSTRAINTS,
                List.of("status"),
                Set.of("allocation", "reservedFor"),
                List.of("status", "allocation", "devices"),
                Set.of("results"),
                List.of("status", "allocation", "devices", "results"),
                Set.of("request", "driver", "pool", "device", "adminAccess"));
    }

    /** Returns the fields of a claim's spec, one level below. */
    private static Map<List<String>, Set<String>> ofClaimTemplates() {
        Map<List<String>, Set<String>> kept = new HashMap<>();
        kept.put(List.of("spec"), Set.of("spec"));
        ofClaims().forEach((path, fields) -> {
            if (path.getFirst().equals("spec")) {
                List<String> below = new ArrayList<>(path);
                below.addFirst("spec");
                kept.put(List.copyOf(below), fields);
            }
        });
        return Map.copyOf(kept);
    }

    /** Returns the fields of devices by which they are counted and their BARs are known. */
    private static Map<List<String>, Set<String>> ofSlices() {
        return Map.of(
                List.of("spec"),
                Set.of("driver", "pool", "nodeName", "devices"),
                List.of("spec", "devices"),
                Set.of("name", "attributes", "capacity"),
                List.of("spec", "devices", "attributes"),
                ATTRIBUTES,
                List.of("spec", "devices", "capacity"),
                CAPACITIES);
    }

    /** Returns whether objects of this kind are trimmed. */
    static boolean isKnown(String kind) {
        return KEPT.containsKey(kind);
    }

    /**
     * Returns the handling of a field.
     *
     * @param path of the object or list item that the field is in, without indices
     */
    static Handling of(String kind, List<String> path, String field) {
        if (kind.equals(VM) && !path.isEmpty() && path.getFirst().equals("metadata")) {
            return ofVm(path, field);
        }
        if (path.equals(List.of("metadata"))) {
            return METADATA.contains(field) ? Handling.KEPT : Handling.SKIPPED;
        }
        if (path.equals(ANNOTATIONS) || path.equals(List.of("metadata", "labels"))) {
            return field.startsWith(Names.RESOURCE_PREFIX) ? Handling.KEPT : Handling.SKIPPED;
        }
        if (kind.equals(VM) && path.isEmpty() && field.equals("spec")) {
            return Handling.LIMITED;
        }
        Set<String> kept = KEPT.getOrDefault(kind, Map.of()).get(path);
        return kept == null || kept.contains(field) ? Handling.KEPT : Handling.SKIPPED;
    }

    /** Returns the handling of a VM's metadata: the labels are copied to its pod, and one annotation is a request. */
    private static Handling ofVm(List<String> path, String field) {
        if (path.size() == 1) {
            return field.equals("labels")
                    ? Handling.LIMITED
                    : METADATA.contains(field) && !field.equals("ownerReferences") ? Handling.KEPT : Handling.SKIPPED;
        }
        if (path.equals(ANNOTATIONS)) {
            return field.equals(Names.RESTARTED_AT_ANNOTATION) ? Handling.LIMITED : Handling.SKIPPED;
        }
        return Handling.KEPT;
    }
}
