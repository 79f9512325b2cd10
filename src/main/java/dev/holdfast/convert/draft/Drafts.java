package dev.holdfast.convert.draft;

import java.util.List;

/**
 * What was read of an input.
 *
 * @param drafts   the machines that can be PassthroughVMs
 * @param notes    what of the input is not in the drafts, or only in another form
 * @param refusals a message for each machine that cannot be a PassthroughVM
 */
public record Drafts(List<Draft> drafts, List<Note> notes, List<String> refusals) {
    public Drafts {
        drafts = List.copyOf(drafts);
        notes = List.copyOf(notes);
        refusals = List.copyOf(refusals);
    }
}
