package dev.holdfast.api.vm.network;

/** Attachment behind the address of the pod. */
public record Masquerade() {}
