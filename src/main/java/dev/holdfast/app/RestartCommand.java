package dev.holdfast.app;

import dev.holdfast.user.PowerGoal;
import dev.holdfast.user.PowerRequests;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code holdfast restart}: requests a restart of a VM by an annotation. */
@Command(
        name = "restart",
        description = {
            "Restarts a PassthroughVM from its current spec: sets the annotation holdfast.dev/restartedAt.",
            "Exit status: 0; 1 if it is not done; 2 for input that cannot be used."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class RestartCommand implements Callable<Integer> {
    @Mixin
    private PowerOptions power = new PowerOptions();

    @Override
    public Integer call() {
        return power.run(PowerGoal.Command.RESTART, vm -> PowerRequests.restart(vm, Instant.now()));
    }
}
