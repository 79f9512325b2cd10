package dev.holdfast.api.vm.devices;

/** Source of random numbers for the guest (virtio-rng). */
public record Rng() {}
