package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;

/** Secrets for a registry: one for each image there, for all of the pod here. */
record PullSecrets(Draft draft, Notes notes) {
    private static final int MOST = 16;

    void read(Part secret) {
        new Values(notes).text(secret, Values.OBJECT, "the name of a Secret").ifPresent(name -> {
            if (draft.contains("spec.imagePullSecrets", Draft.entry("name", name))) {
                return;
            }
            if (draft.size("spec.imagePullSecrets") == MOST) {
                notes.notCarriedOver(
                        secret, "a pod has at most %d here; put several registries into one Secret".formatted(MOST));
            } else {
                draft.add("spec.imagePullSecrets", Draft.entry("name", name));
            }
        });
    }
}
