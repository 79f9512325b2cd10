package dev.holdfast.api;

/** A source of random numbers for the guest (virtio-rng). */
public record Rng() {}
