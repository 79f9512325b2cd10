package dev.holdfast.plan;

/**
 * Why something is as it is.
 *
 * @param reason   CamelCase, for programs
 * @param sentence for a person: what was found, what was expected, what to do
 */
public record Why(String reason, String sentence) {}
