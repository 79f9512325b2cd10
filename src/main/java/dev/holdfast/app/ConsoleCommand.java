package dev.holdfast.app;

import dev.holdfast.user.PodAccess;
import dev.holdfast.user.UserCluster;
import dev.holdfast.user.VmClient;
import dev.holdfast.user.console.GuestConsole;
import dev.holdfast.user.console.TerminalMode;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast console}: connects the terminal to the serial console of a VM. */
@Command(
        name = "console",
        description = {
            "Connects this terminal to the serial console of a PassthroughVM. Ctrl-] leaves it; all other keys, Ctrl-C"
                    + " included, are sent to the guest, which does not notice that a console is left.",
            "Exit status: 0 after Ctrl-]; 1 if the machine does not run or the connection ends; 2 without a terminal."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class ConsoleCommand implements Callable<Integer> {
    private static final String TERMINAL = "/dev/tty";
    private static final int DISCONNECTED = 1;

    @Parameters(paramLabel = "NAME", description = "Name of the PassthroughVM.")
    private String name = "";

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
        if (!TerminalMode.isTerminal()) {
            err.println("holdfast console: standard input and output must be a terminal; for a script use"
                    + " `kubectl logs --follow %s`".formatted(name));
            return Holdfast.UNUSABLE_INPUT;
        }
        try {
            return cluster.run(spec, connected -> connect(connected, err));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private int connect(UserCluster connected, PrintWriter err) {
        PodAccess pod = PodAccess.of(connected, new VmClient(connected, name).get());
        err.println("connected to the serial console of %s/%s; Ctrl-] leaves it, Enter shows the guest's prompt"
                .formatted(connected.namespace(), name));
        GuestConsole.End end = session(pod);
        boolean isLeft = end == GuestConsole.End.LEFT;
        err.println();
        err.println(
                isLeft ? "left the console; the guest runs on" : "the machine has ended, or the connection was lost");
        return isLeft ? 0 : DISCONNECTED;
    }

    private static GuestConsole.End session(PodAccess pod) {
        try (FileInputStream keys = new FileInputStream(TERMINAL);
                FileOutputStream screen = new FileOutputStream(TERMINAL);
                TerminalMode raw = TerminalMode.raw()) {
            return GuestConsole.run(pod, keys, screen);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
