package dev.holdfast.api.vm;


/** UTC. */
public record Utc() {}
