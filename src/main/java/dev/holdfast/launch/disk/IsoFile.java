package dev.holdfast.launch.disk;

/** A file of an ISO image. */
record IsoFile(String name, byte[] content) {}
