package dev.holdfast.convert.draft;

import java.util.List;

/**
 * Result of reading an input.
 *
 * @param drafts   machines that can be converted to PassthroughVMs
 * @param notes    notes about parts of the input that are not in the drafts, or are changed
 * @param refusals a message for each machine that cannot be converted
 */
public record Drafts(List<Draft> drafts, List<Note> notes, List<String> refusals) {
    public Drafts {
        drafts = List.copyOf(drafts);
        notes = List.copyOf(notes);
        refusals = List.copyOf(refusals);
    }
}
