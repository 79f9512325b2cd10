package dev.holdfast.api.vm;


/** The network of the VM's pod. */
public record PodNetwork() {}
