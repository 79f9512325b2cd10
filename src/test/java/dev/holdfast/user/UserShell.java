package dev.holdfast.user;

import dev.holdfast.app.Holdfast;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The shell of a user with a kubeconfig: runs commands in this process, and keeps what they print. */
public final class UserShell {
    private final Path kubeconfig;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    public UserShell(Path kubeconfig) {
        this.kubeconfig = kubeconfig;
    }

    /** With a kubeconfig for a server without credentials, written to the folder. */
    public static UserShell at(String url, Path folder) {
        try {
            return new UserShell(Files.writeString(folder.resolve("kubeconfig"), """
                    apiVersion: v1
                    kind: Config
                    current-context: test
                    contexts: [{name: test, context: {cluster: test, user: test}}]
                    clusters: [{name: test, cluster: {server: "%s"}}]
                    users: [{name: test, user: {}}]
                    """.formatted(url)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the exit status. */
    public int run(String... arguments) {
        List<String> line = new ArrayList<>(List.of(arguments));
        line.add("--kubeconfig=" + kubeconfig);
        return Holdfast.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(line.toArray(String[]::new));
    }

    /** Runs a command on a thread of its own. */
    public CompletableFuture<Integer> start(String... arguments) {
        return CompletableFuture.supplyAsync(
                () -> run(arguments), task -> Thread.ofVirtual().start(task));
    }

    public String out() {
        return out.toString();
    }

    public String err() {
        return err.toString();
    }
}
