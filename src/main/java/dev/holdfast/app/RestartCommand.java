package dev.holdfast.app;

import dev.holdfast.user.PowerGoal;
import dev.holdfast.user.PowerRequests;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

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

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        return power.run(spec, PowerGoal.Command.RESTART, vm -> PowerRequests.restart(vm, Instant.now()));
    }
}
