package dev.holdfast.plan.pod;

import java.util.ArrayList;
import java.util.List;

/** The preStop hook of the pod's container, which powers the guest off before the pod ends. */
public enum StopHook {
    /** {@code holdfast shutdown}, which every launcher image has. */
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
     * Returns the command line.
     *
     * @param seconds time for the guest to power itself off
     */
    List<String> command(long seconds) {
        List<String> arguments = new ArrayList<>(command);
        arguments.addAll(List.of("--timeout", String.valueOf(seconds)));
        return List.copyOf(arguments);
    }

    /** Returns the memory that it uses in addition to QEMU. */
    public long bytes() {
        return bytes;
    }

    String program() {
        return program;
    }
}
