package dev.holdfast.api.vm;


/** An attachment behind the address of the pod. */
public record Masquerade() {}
