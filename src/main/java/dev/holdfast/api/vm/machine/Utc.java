package dev.holdfast.api.vm.machine;

/** UTC as the time of the guest's clock. */
public record Utc() {}
