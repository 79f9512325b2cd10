package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reader of the settings of the pod. */
final class PodReader {
    private static final Pattern KEY =
            Pattern.compile("([-a-z0-9.]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");
    private static final Pattern VALUE = Pattern.compile("([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?");
    private static final int MAX = 32;
    private static final int DAY_SECONDS = 86400;

    private final Part spec;
    private final Draft draft;
    private final Notes notes;
    private final Values values;

    PodReader(Part spec, Draft draft, Notes notes) {
        this.spec = spec;
        this.draft = draft;
        this.notes = notes;
        this.values = new Values(notes);
    }

    void read() {
        nodeSelector(spec.field("nodeSelector"));
        new AffinityReader(draft, notes).read(spec.field("affinity"));
        for (Part toleration : spec.field("tolerations").items()) {
            if (draft.size("spec.tolerations") == MAX) {
                notes.notCarriedOver(
                        toleration, "a PassthroughVM can have at most %d tolerations; merge some".formatted(MAX));
            } else {
                toleration.value().ifPresent(value -> draft.add("spec.tolerations", value));
            }
        }
        values.text(spec.field("priorityClassName"), Values.OBJECT, "the name of a PriorityClass")
                .ifPresent(name -> draft.put("spec.priorityClassName", name));
        values.text(spec.field("schedulerName"), Values.OBJECT, "the name of a scheduler")
                .ifPresent(name -> draft.put("spec.schedulerName", name));
        values.number(spec.field("terminationGracePeriodSeconds"), 0, DAY_SECONDS)
                .ifPresent(seconds -> draft.put("spec.terminationGracePeriodSeconds", seconds));
    }

    private void nodeSelector(Part selector) {
        Map<String, Object> kept = new LinkedHashMap<>();
        for (String key : selector.fieldNames()) {
            Part entry = selector.field(key);
            if (KubeVirtKeys.isKubeVirt(key)) {
                notes.notCarriedOver(
                        entry,
                        "KubeVirt's node labeller sets this label, which may not exist here; select nodes by labels"
                                + " of your own");
                continue;
            }
            Optional<String> value = entry.text();
            if (kept.size() < MAX
                    && KEY.matcher(key).matches()
                    && value.filter(text -> VALUE.matcher(text).matches()).isPresent()) {
                kept.put(key, value.get());
            } else {
                notes.notCarriedOver(
                        entry, "the label is invalid, or there are more than %d; correct it".formatted(MAX));
            }
        }
        if (!kept.isEmpty()) {
            draft.put("spec.nodeSelector", kept);
        }
    }
}
