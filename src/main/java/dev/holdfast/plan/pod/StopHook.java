package dev.holdfast.plan.pod;

import java.util.ArrayList;
import java.util.List;

/** Powers a guest down before its pod ends: the preStop hook of the pod's container. */
public enum StopHook {
    /** {@code holdfast shutdown}, which is in every launcher image. */
    Java(List.of(VmContainer.HOLDFAST, "shutdown"), PodOverhead.JAVA_HOOK_BYTES, "holdfast shutdown"),
    /** The static program of the official launcher image. */
    Native(List.of("/opt/holdfast/bin/holdfast-vmctl", "shutdown"), PodOverhead.NATIVE_HOOK_BYTES, "holdfast-vmctl");

    private final List<String> command;
    private final long bytes;
    private final String program;

    StopHook(List<String> command, long bytes, String program) {
        this.command = command;
        this.bytes = bytes;
        this.program = program;
    }

    /**
     * Returns its command line.
     *
     * @param seconds how long the guest has
     */
    List<String> command(long seconds) {
        List<String> words = new ArrayList<>(command);
        words.addAll(List.of("--timeout", String.valueOf(seconds)));
        return List.copyOf(words);
    }

    /** Returns the memory that it takes beside QEMU. */
    public long bytes() {
        return bytes;
    }

    String program() {
        return program;
    }
}
