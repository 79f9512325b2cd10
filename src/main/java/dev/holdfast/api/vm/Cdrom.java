package dev.holdfast.api.vm;

/** A CD-ROM drive. */
public record Cdrom() {}
