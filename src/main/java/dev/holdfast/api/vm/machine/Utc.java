package dev.holdfast.api.vm.machine;

/** UTC. */
public record Utc() {}
