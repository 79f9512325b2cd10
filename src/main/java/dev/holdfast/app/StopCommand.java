package dev.holdfast.app;

import dev.holdfast.user.PowerGoal;
import dev.holdfast.user.PowerRequests;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code holdfast stop}: sets the run strategy of a VM to Halted. */
@Command(
        name = "stop",
        description = {
            "Powers a PassthroughVM off and keeps it off: sets spec.runStrategy to Halted, and notes the former strategy in an annotation.",
            "Exit status: 0, also if the VM is stopped already; 1 if it is not done; 2 for input that cannot be used."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class StopCommand implements Callable<Integer> {
    @Mixin
    private PowerOptions power = new PowerOptions();

    @Override
    public Integer call() {
        return power.run(PowerGoal.Command.STOP, PowerRequests::stop);
    }
}
