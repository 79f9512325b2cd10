package dev.holdfast.app;

import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.user.PowerGoal;
import dev.holdfast.user.PowerRequests;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast start}: sets the run strategy of a VM to one that starts it. */
@Command(
        name = "start",
        description = {
            "Starts a PassthroughVM: sets spec.runStrategy to the strategy that it had before holdfast stop, or to Always.",
            "Exit status: 0, also if the VM is started already; 1 if it is not done; 2 for input that cannot be used."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class StartCommand implements Callable<Integer> {
    /** Strategies with which a VM runs. */
    private enum Strategy {
        Always,
        RerunOnFailure,
        Once
    }

    @Option(
            names = "--strategy",
            paramLabel = "STRATEGY",
            description = "Set spec.runStrategy to this one: ${COMPLETION-CANDIDATES}.")
    private @Nullable Strategy strategy;

    @Mixin
    private PowerOptions power = new PowerOptions();

    @Override
    public Integer call() {
        Optional<RunStrategy> wanted = Optional.ofNullable(strategy).map(chosen -> RunStrategy.valueOf(chosen.name()));
        return power.run(PowerGoal.Command.START, vm -> PowerRequests.start(vm, wanted, Instant.now()));
    }
}
