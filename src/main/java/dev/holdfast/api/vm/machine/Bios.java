package dev.holdfast.api.vm.machine;

/** SeaBIOS as the firmware. */
public record Bios() {}
