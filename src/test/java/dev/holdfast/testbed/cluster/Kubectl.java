package dev.holdfast.testbed.cluster;

import dev.holdfast.testbed.HostProcess;
import java.nio.file.Path;

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

    /** Starts what goes on, {@code attach} say; its output goes to the log. */
    public HostProcess start(Path log, String... arguments) {
        return HostProcess.start(
                "kubectl " + arguments[0], binary.command("kubectl", arguments), program.environment(), log);
    }

    /** Also what does not work has a result. */
    public ClientProgram.Output attempt(String... arguments) {
        return program.attempt(binary.command("kubectl", arguments));
    }
}
