package dev.holdfast.api.vm.devices;

/** A source of random numbers for the guest (virtio-rng). */
public record Rng() {}
