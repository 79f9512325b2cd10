package dev.holdfast.testbed.cluster;

import dev.holdfast.testbed.Folders;
import dev.holdfast.testbed.HostProcess;
import java.nio.file.Path;
import java.util.List;

/** kubectl itself, as one identity. */
public final class Kubectl {
    private final ControlPlaneBinary binary;
    private final ClientProgram program;

    Kubectl(ControlPlaneBinary binary, Path kubeconfig, Path work) {
        this.binary = binary;
        program = new ClientProgram("kubectl", kubeconfig, work);
    }

    /**
     * The standard output of a command that has to work.
     *
     * @throws IllegalStateException with its standard error when it does not
     */
    public String run(String... arguments) {
        return program.run(binary.command("kubectl", arguments), arguments);
    }

    /** Starts a command that does not end, such as {@code attach}; its output is written to the log. */
    public HostProcess start(Path log, String... arguments) {
        return HostProcess.start(
                "kubectl " + arguments[0], binary.command("kubectl", arguments), program.environment(), log);
    }

    /** Also what does not work has a result. */
    public ClientProgram.Output attempt(String... arguments) {
        return program.attempt(binary.command("kubectl", arguments));
    }

    /**
     * The standard output of a line of the shell that has to work. In it {@code kubectl} is this one, and files are seen from
     * the root of the repository.
     *
     * @throws IllegalStateException with its standard error when it does not
     */
    public String shell(String line) {
        return program.run(shellCommand(line), line);
    }

    /** Starts a line of one command; its output goes to the log. */
    public HostProcess startShell(Path log, String line) {
        // The process that is ended is then the command's.
        return HostProcess.start(line, shellCommand("exec " + line), program.environment(), log);
    }

    private List<String> shellCommand(String line) {
        Path folder = program.work().resolve("bin");
        Path kubectl = folder.resolve("kubectl");
        Folders.write(kubectl, "#!/bin/sh\nexec '%s' kubectl \"$@\"\n".formatted(binary.file()));
        if (!kubectl.toFile().setExecutable(true)) {
            throw new IllegalStateException(kubectl + " could not be made executable");
        }
        return List.of("bash", "-euo", "pipefail", "-c", "PATH='%s':$PATH\n%s".formatted(folder, line));
    }
}
