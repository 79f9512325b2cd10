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
 * The affinity of the pod without what asks for labels of KubeVirt, on nodes or on pods: without KubeVirt nothing has
 * them, so such a pod would never be scheduled.
 */
final class AffinityReader {
    /** Without such a field its object would mean something else. */
    private static final Set<String> NEEDED = Set.of("preference", "podAffinityTerm");

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
        Optional<Object> kept = mentionsTheirs(affinity) ? kept(affinity) : affinity.value();
        kept.ifPresent(value -> draft.put("spec.affinity", value));
        affinity.done();
    }

    /** Empty for what is reported, and for what has nothing left in it. */
    private Optional<Object> kept(Part part) {
        Part key = part.field("key");
        if (isTheirs(key)) {
            notes.notCarriedOver(
                    part,
                    "%s is a label that KubeVirt sets on nodes, and it may not run here; select nodes by labels of your own"
                            .formatted(Notes.quote(key.peek().orElse(""))));
            return Optional.empty();
        }
        if (part.field("topologyKey").present() && mentionsTheirs(part)) {
            notes.notCarriedOver(
                    part, "it asks for labels that KubeVirt sets, and it may not run here; use labels of your own");
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
            if (field.isEmpty() && NEEDED.contains(name)) {
                return Optional.empty();
            }
            field.ifPresent(value -> fields.put(name, value));
        }
        return fields.isEmpty() ? Optional.empty() : Optional.of(fields);
    }

    private static boolean mentionsTheirs(Part part) {
        return part.name().equals("key") && isTheirs(part)
                || part.name().equals("topologyKey") && isTheirs(part)
                || KubeVirtKeys.isTheirs(part.name())
                || part.inside().anyMatch(AffinityReader::mentionsTheirs);
    }

    private static boolean isTheirs(Part key) {
        return key.peek().filter(KubeVirtKeys::isTheirs).isPresent();
    }
}
