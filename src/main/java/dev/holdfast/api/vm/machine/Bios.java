package dev.holdfast.api.vm.machine;

/** SeaBIOS. */
public record Bios() {}
