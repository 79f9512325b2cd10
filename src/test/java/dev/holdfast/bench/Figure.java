package dev.holdfast.bench;

/**
 * One number.
 *
 * @param measured with its unit
 * @param budget   with its unit; what it may be at most unless it says otherwise
 * @param within   whether it is
 */
record Figure(String what, String measured, String budget, boolean within) {}
