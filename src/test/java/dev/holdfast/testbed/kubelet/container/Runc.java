package dev.holdfast.testbed.kubelet.container;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The commands of runc, with its usual state directory, so that {@code runc list} on the node shows the containers. */
public final class Runc {
    /**
     * Starts a container from {@code bundle} and stays its parent: the process ends when the container does, with its
     * status. The file {@code pid} appears in the bundle once the container exists, {@code runc.log} has runc's own
     * complaints.
     *
     * @param output gets the container's output as it comes
     */
    public Process run(Path bundle, String id, boolean terminal, Path output) throws IOException {
        List<String> command = new ArrayList<>(
                List.of("runc", "--log", bundle.resolve("runc.log").toString(), "run", "--bundle", bundle.toString()));
        command.addAll(List.of("--pid-file", bundle.resolve("pid").toString(), id));
        if (terminal) {
            // runc hands the container's terminal through to its own, which script(1) makes and reads.
            Path start = bundle.resolve("start");
            Files.writeString(start, "exec '" + String.join("' '", command) + "'\n");
            command = List.of("script", "-qefc", "exec sh " + start, "/dev/null");
        }
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
        if (!terminal) {
            builder.redirectInput(new File("/dev/null"));
        }
        // With a terminal, standard input is a pipe that is not closed: closing it would send ^D.
        return builder.start();
    }

    /** Runs one more process in a container, as its user and with its limits. */
    public Process exec(String id, List<String> arguments, Path output) throws IOException {
        List<String> command = Stream.concat(Stream.of("runc", "exec", "--tty=false", id), arguments.stream())
                .toList();
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .start();
    }

    /** Does nothing when the container has ended. */
    public void signal(String id, String signal) {
        quietly("runc", "kill", id, signal);
    }

    /** Whatever is left of a container, if anything. */
    public void delete(String id) {
        quietly("runc", "delete", "--force", id);
    }

    private static void quietly(String... command) {
        try {
            Commands.run(command);
        } catch (IOException e) {
            // It was gone already: that is all that these can fail of here.
        }
    }
}
