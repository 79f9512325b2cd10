package dev.holdfast.agent.grant;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/** Launcher of its own pod, a process that waits for the command to send its request and then lives as long as a QEMU. */
public final class WaitingLauncher implements AutoCloseable {
    private final String name;
    private final long limitBytes;
    private final Process process;
    private final Runnable afterwards;

    /**
     * @param limitBytes limit of the plan, which it must get
     * @param afterwards removes its pod when it has ended
     */
    WaitingLauncher(String name, long limitBytes, Process process, Runnable afterwards) {
        this.name = name;
        this.limitBytes = limitBytes;
        this.process = process;
        this.afterwards = afterwards;
    }

    int pid() {
        return Math.toIntExact(process.pid());
    }

    /** Sends requests from now on, until it has its answer. */
    public void go() {
        try {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for the answer; returns what is wrong with it. */
    public Optional<String> wrong() throws IOException {
        var answers = process.inputReader();
        String answer = answers.readLine();
        String kernels = answers.readLine();
        return answer != null
                        && answer.contains("granted")
                        && Long.toString(limitBytes).equals(kernels)
                ? Optional.empty()
                : Optional.of(name + " must have " + limitBytes + ", got the answer " + answer + ", has " + kernels);
    }

    /** Ends the QEMU and frees the devices of its pod at the kubelet. */
    @Override
    public void close() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        process.onExit().join();
        afterwards.run();
    }
}
