package dev.holdfast.launch;

import dev.holdfast.host.kernel.Rlimit;
import java.io.IOException;
import java.util.List;

/** What the launcher does to its own process; native, and so replaced in tests. */
public interface ProcessImage {
    /** RLIMIT_MEMLOCK of this process. */
    Rlimit memlockLimit() throws IOException;

    /**
     * Becomes another program; returns only by throwing.
     *
     * @param path        absolute
     * @param environment {@code NAME=value} each
     * @param inherited   descriptors that stay open for the program
     */
    void execve(String path, List<String> argv, List<String> environment, List<Integer> inherited) throws IOException;
}
