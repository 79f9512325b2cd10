package dev.holdfast.api.vm.network;

/** Network of the VM's pod. */
public record PodNetwork() {}
