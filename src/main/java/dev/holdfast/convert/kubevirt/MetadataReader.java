package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reader of name, namespace, labels and annotations. Labels and annotations of a template are those of the pod, which
 * gets them from the PassthroughVM.
 */
final class MetadataReader {
    private static final int MAX_NAME_LENGTH = 63;
    private static final Pattern NAME =
            Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
    private static final Pattern KEY =
            Pattern.compile("([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");
    private static final Pattern LABEL = Pattern.compile("([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?");
    private static final int MAX_ANNOTATION_LENGTH = 64 << 10;

    private final Draft draft;
    private final Notes notes;
    private final Values values;
    private final Map<String, Object> labels = new LinkedHashMap<>();
    private final Map<String, Object> annotations = new LinkedHashMap<>();

    MetadataReader(Draft draft, Notes notes) {
        this.draft = draft;
        this.notes = notes;
        this.values = new Values(notes);
    }

    void read(Part metadata) {
        name(metadata);
        values.text(metadata.field("namespace"), Values.LABEL, "the name of a namespace")
                .ifPresent(namespace -> draft.put("metadata.namespace", namespace));
        readTemplate(metadata);
    }

    void readTemplate(Part metadata) {
        entries(metadata.field("labels"), labels, true);
        entries(metadata.field("annotations"), annotations, false);
    }

    void write() {
        if (!labels.isEmpty()) {
            draft.put("metadata.labels", labels);
        }
        if (!annotations.isEmpty()) {
            draft.put("metadata.annotations", annotations);
        }
    }

    private void name(Part metadata) {
        Part name = metadata.field("name");
        Part part = name.present() ? name : metadata.field("generateName");
        Optional<String> text = part.text();
        if (text.isEmpty()) {
            draft.put("metadata.name", Draft.commented("imported", "the input has no name"));
            notes.differs("metadata.name", "not found, so the VM is named imported; choose a name");
        } else if (name.present()
                && text.get().length() <= MAX_NAME_LENGTH
                && NAME.matcher(text.get()).matches()) {
            draft.put("metadata.name", text.get());
        } else {
            String made = Values.name(text.get(), MAX_NAME_LENGTH, "imported");
            draft.put("metadata.name", made);
            notes.changed(
                    part,
                    "%s was replaced by %s, because the name must be at most 63 lower-case letters, digits, dashes and dots; choose another name if needed"
                            .formatted(Notes.quote(text.get()), made));
        }
    }

    private void entries(Part part, Map<String, Object> into, boolean label) {
        for (String key : part.fieldNames()) {
            Part entry = part.field(key);
            if (KubeVirtKeys.isKubeVirt(key)) {
                notes.notCarriedOver(entry, KubeVirtKeys.REASON);
            } else if (key.equals("kubectl.kubernetes.io/last-applied-configuration")) {
                notes.notCarriedOver(entry, "written by kubectl apply; no action is needed");
            } else {
                entry(entry, key, into, label);
            }
        }
    }

    private void entry(Part entry, String key, Map<String, Object> into, boolean label) {
        Optional<String> text = entry.text();
        boolean valid = KEY.matcher(key).matches()
                && text.filter(value ->
                                label ? LABEL.matcher(value).matches() : value.length() <= MAX_ANNOTATION_LENGTH)
                        .isPresent();
        if (!valid) {
            notes.notCarriedOver(entry, "the %s is invalid; correct it".formatted(label ? "label" : "annotation"));
        } else if (into.containsKey(key) && !text.get().equals(into.get(key))) {
            notes.notCarriedOver(
                    entry,
                    "the VM's own %s with the same key has another value, which the pod gets; choose one of them"
                            .formatted(label ? "label" : "annotation"));
        } else {
            into.put(key, text.get());
        }
    }
}
