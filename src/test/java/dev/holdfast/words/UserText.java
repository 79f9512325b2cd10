package dev.holdfast.words;

/**
 * Text that a user can meet.
 *
 * @param place    file that contains it
 * @param text     the text, with line breaks replaced by spaces
 * @param fragment true for a message, which is a fragment; false for a description or help text
 */
record UserText(String place, String text, boolean fragment) {}
