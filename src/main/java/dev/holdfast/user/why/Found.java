package dev.holdfast.user.why;

import com.fasterxml.jackson.databind.JsonNode;

/** Result of reading one object, or a list of them. */
sealed interface Found {
    /** What was read, such as {@code pod gpu-vm}. */
    String title();

    /** The object, or the list with its {@code items}. */
    record Read(String title, JsonNode json) implements Found {}

    /** There is no such object. */
    record Absent(String title) implements Found {}

    /**
     * The object could not be read.
     *
     * @param reason message in one line
     */
    record Unread(String title, String reason) implements Found {}
}
