package dev.holdfast.api.vm.network;

/** The network of the VM's pod. */
public record PodNetwork() {}
