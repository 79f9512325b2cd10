package dev.holdfast.bench;

/**
 * One number.
 *
 * @param measured with its unit
 * @param budget   with its unit; the maximum, unless it is marked as a minimum
 * @param within   whether it is
 */
record Figure(String what, String measured, String budget, boolean within) {}
