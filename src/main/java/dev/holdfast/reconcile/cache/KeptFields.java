package dev.holdfast.reconcile.cache;

import dev.holdfast.api.Names;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The fields of the kinds that the operator watches that it reads. Objects of other kinds are kept whole. */
final class KeptFields {
    /** What becomes of a field. */
    enum Fate {
        KEPT,
        SKIPPED,
        /** Written by users and read by the operator: kept up to a size. */
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
            // Of a list.
            "continue");

    /** By kind and path; what is below a field that is not named here is kept. */
    private static final Map<String, Map<List<String>, Set<String>>> KEPT = Map.of(
            VM,
            Map.of(),
            "PassthroughNode",
            Map.of(),
            "PassthroughDeviceClass",
            Map.of(
                    List.of(),
                    Set.of("apiVersion", "kind", "metadata", "spec", "status"),
                    List.of("spec"),
                    Set.of("selectors")),
            "PersistentVolumeClaim",
            Map.of(List.of("spec"), Set.of("volumeMode"), List.of("status"), Set.of("phase")),
            "Pod",
            Map.of(
                    List.of("spec"),
                    Set.of("nodeName", "containers", "volumes"),
                    // Whether the API server has left any out.
                    List.of("spec", "volumes"),
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
                            "initContainerStatuses")));

    private KeptFields() {}

    /** Whether objects of this kind are trimmed at all. */
    static boolean isKnown(String kind) {
        return KEPT.containsKey(kind);
    }

    /**
     * What becomes of a field.
     *
     * @param path of the object or list item that the field is in, without indices
     */
    static Fate of(String kind, List<String> path, String field) {
        if (kind.equals(VM) && !path.isEmpty() && path.getFirst().equals("metadata")) {
            return ofVm(path, field);
        }
        if (path.equals(List.of("metadata"))) {
            return METADATA.contains(field) ? Fate.KEPT : Fate.SKIPPED;
        }
        if (path.equals(ANNOTATIONS) || path.equals(List.of("metadata", "labels"))) {
            return field.startsWith(Names.RESOURCE_PREFIX) ? Fate.KEPT : Fate.SKIPPED;
        }
        if (kind.equals(VM) && path.isEmpty() && field.equals("spec")) {
            return Fate.LIMITED;
        }
        Set<String> kept = KEPT.getOrDefault(kind, Map.of()).get(path);
        return kept == null || kept.contains(field) ? Fate.KEPT : Fate.SKIPPED;
    }

    /** The labels become those of its pod, and one annotation is a wish. */
    private static Fate ofVm(List<String> path, String field) {
        if (path.size() == 1) {
            return field.equals("labels")
                    ? Fate.LIMITED
                    : METADATA.contains(field) && !field.equals("ownerReferences") ? Fate.KEPT : Fate.SKIPPED;
        }
        if (path.equals(ANNOTATIONS)) {
            return field.equals(Names.RESTARTED_AT_ANNOTATION) ? Fate.LIMITED : Fate.SKIPPED;
        }
        return Fate.KEPT;
    }
}
