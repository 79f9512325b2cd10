package dev.holdfast.plan;

import dev.holdfast.api.StatusTexts;

/**
 * Why something is as it is, within the bounds of a condition: parts of it come from kubelet, scheduler and launcher.
 *
 * @param reason   CamelCase, for programs
 * @param sentence for a person: what was found, what was expected, what to do
 */
public record Why(String reason, String sentence) {
    public Why {
        reason = StatusTexts.cut(reason, StatusTexts.MAX_REASON);
        sentence = StatusTexts.cut(sentence, StatusTexts.MAX_MESSAGE);
    }
}
