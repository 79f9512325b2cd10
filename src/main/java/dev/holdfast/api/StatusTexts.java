package dev.holdfast.api;

/** Maximum lengths of status texts from other components: the API server refuses a status with a longer text. */
public final class StatusTexts {
    /** Maximum length of a reason, in characters: some reasons come from the kubelet. */
    public static final int MAX_REASON = 128;

    /** Maximum length of a message, in characters: parts of it come from scheduler, kubelet, kernel and QEMU. */
    public static final int MAX_MESSAGE = 4096;

    private StatusTexts() {}

    /**
     * Returns the text, cut with an ellipsis if it is longer than {@code max} characters; {@code max} is at least 3.
     */
    public static String cut(String text, int max) {
        return text.length() <= max ? text : text.substring(0, max - 3) + "...";
    }
}
