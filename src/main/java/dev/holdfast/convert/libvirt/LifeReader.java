package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;

/** Reader of the actions at the end of the guest. A domain is restarted manually, a VM by its run strategy. */
final class LifeReader {
    private final Part domain;
    private final Draft draft;
    private final Notes notes;

    LifeReader(Part domain, Draft draft, Notes notes) {
        this.domain = domain;
        this.draft = draft;
        this.notes = notes;
    }

    void read() {
        Part powerOff = domain.child("on_poweroff");
        Part crash = domain.child("on_crash");
        if (powerOff.is("restart")) {
            draft.put("spec.runStrategy", "Always");
        } else {
            powerOff.is("destroy");
        }
        domain.child("on_reboot").is("restart");
        if (!crash.is("restart") && crash.present()) {
            notes.changed(crash, "the runStrategy RerunOnFailure restarts a failed VM; use Once to prevent this");
        }
    }
}
