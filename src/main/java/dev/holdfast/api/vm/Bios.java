package dev.holdfast.api.vm;


/** SeaBIOS. */
public record Bios() {}
