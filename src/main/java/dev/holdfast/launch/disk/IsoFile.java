package dev.holdfast.launch.disk;

/** A file in an ISO image. */
record IsoFile(String name, byte[] content) {}
