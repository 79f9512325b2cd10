package dev.holdfast.memlock;

/**
 * One summand of what the kernel will charge.
 *
 * @param name   stable, for programs: guest-memory, firmware-rom, ...
 * @param bytes  at least 0
 * @param reason why these bytes are charged, one sentence for a person
 */
public record Term(String name, long bytes, String reason) {}
