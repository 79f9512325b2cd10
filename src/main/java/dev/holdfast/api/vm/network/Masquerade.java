package dev.holdfast.api.vm.network;

/** An attachment behind the address of the pod. */
public record Masquerade() {}
