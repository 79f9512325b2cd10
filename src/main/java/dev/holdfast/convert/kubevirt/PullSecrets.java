package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;

/** Reader of image pull secrets: KubeVirt has one for each image, a PassthroughVM has a list for its pod. */
record PullSecrets(Draft draft, Notes notes) {
    private static final int MAX = 16;

    void read(Part secret) {
        new Values(notes).text(secret, Values.OBJECT, "the name of a Secret").ifPresent(name -> {
            if (draft.contains("spec.imagePullSecrets", Draft.entry("name", name))) {
                return;
            }
            if (draft.size("spec.imagePullSecrets") == MAX) {
                notes.notCarriedOver(
                        secret,
                        "a PassthroughVM can have at most %d; put several registries into one Secret".formatted(MAX));
            } else {
                draft.add("spec.imagePullSecrets", Draft.entry("name", name));
            }
        });
    }
}
