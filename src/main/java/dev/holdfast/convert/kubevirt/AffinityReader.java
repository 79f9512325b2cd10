package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reader of the pod's affinity. Terms that refer to labels of KubeVirt on nodes or pods are omitted: without KubeVirt
 * such labels do not exist, so the pod would never be scheduled.
 */
final class AffinityReader {
    /** Fields without which their object would have another meaning. */
    private static final Set<String> REQUIRED = Set.of("preference", "podAffinityTerm");

    private final Draft draft;
    private final Notes notes;

    AffinityReader(Draft draft, Notes notes) {
        this.draft = draft;
        this.notes = notes;
    }

    void read(Part affinity) {
        if (affinity.fieldNames().isEmpty()) {
            affinity.done();
            return;
        }
        Optional<Object> kept = mentionsKubeVirt(affinity) ? kept(affinity) : affinity.value();
        kept.ifPresent(value -> draft.put("spec.affinity", value));
        affinity.done();
    }

    /** Returns the value without reported parts; empty if nothing is left. */
    private Optional<Object> kept(Part part) {
        Part key = part.field("key");
        if (isKubeVirt(key)) {
            notes.notCarriedOver(
                    part,
                    "%s is a label that KubeVirt sets on nodes, which may not exist here; select nodes by labels of your own"
                            .formatted(Notes.quote(key.peek().orElse(""))));
            return Optional.empty();
        }
        if (part.field("topologyKey").present() && mentionsKubeVirt(part)) {
            notes.notCarriedOver(
                    part, "refers to labels that KubeVirt sets, which may not exist here; use labels of your own");
            return Optional.empty();
        }
        if (!part.items().isEmpty()) {
            List<Object> items =
                    part.items().stream().flatMap(item -> kept(item).stream()).toList();
            return items.isEmpty() ? Optional.empty() : Optional.of(new ArrayList<>(items));
        }
        return part.fieldNames().isEmpty() ? part.value() : fields(part);
    }

    private Optional<Object> fields(Part part) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (String name : part.fieldNames()) {
            Optional<Object> field = kept(part.field(name));
            if (field.isEmpty() && REQUIRED.contains(name)) {
                return Optional.empty();
            }
            field.ifPresent(value -> fields.put(name, value));
        }
        return fields.isEmpty() ? Optional.empty() : Optional.of(fields);
    }

    private static boolean mentionsKubeVirt(Part part) {
        return part.name().equals("key") && isKubeVirt(part)
                || part.name().equals("topologyKey") && isKubeVirt(part)
                || KubeVirtKeys.isKubeVirt(part.name())
                || part.inside().anyMatch(AffinityReader::mentionsKubeVirt);
    }

    private static boolean isKubeVirt(Part key) {
        return key.peek().filter(KubeVirtKeys::isKubeVirt).isPresent();
    }
}
