package dev.holdfast.launch;

import dev.holdfast.host.kernel.Rlimit;
import java.io.IOException;
import java.util.List;

/** Operations of the launcher on its own process; they are native, so tests replace them. */
public interface OwnProcess {
    /** Returns RLIMIT_MEMLOCK of this process. */
    Rlimit memlockLimit() throws IOException;

    /**
     * Replaces this process by another program; returns only by throwing.
     *
     * @param path        absolute
     * @param environment {@code NAME=value} each
     * @param inherited   descriptors that stay open for the program
     */
    void execve(String path, List<String> argv, List<String> environment, List<Integer> inherited) throws IOException;
}
