package dev.holdfast.api;

/** Bounds of the texts in a status that come from elsewhere: the API server refuses a status with a longer one. */
public final class StatusTexts {
    /** Of reasons: some are the kubelet's. */
    public static final int MAX_REASON = 128;

    /** Of messages: they carry what scheduler, kubelet, kernel and QEMU say. */
    public static final int MAX_MESSAGE = 4096;

    private StatusTexts() {}

    /** Returns the text, or its beginning and an ellipsis where it is longer than {@code max}, which is at least 3. */
    public static String cut(String text, int max) {
        return text.length() <= max ? text : text.substring(0, max - 3) + "...";
    }
}
