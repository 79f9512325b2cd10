package dev.holdfast.app;

import dev.holdfast.text.Quoted;
import dev.holdfast.user.PowerGoal;
import dev.holdfast.user.PowerRequest;
import dev.holdfast.user.UserCluster;
import dev.holdfast.user.VmClient;
import dev.holdfast.user.VmView;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Options of start, stop and restart, and what they have in common: one write, and a wait for its effect. */
final class PowerOptions {
    private static final int NOT_DONE = 1;

    @Parameters(paramLabel = "NAME", description = "Name of the PassthroughVM.")
    private String name = "";

    @Option(
            names = "--wait",
            description = "Wait until the VM has reached the state, and show the progress on standard error.")
    private boolean wait;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "600",
            description = "Limit of --wait. Default: ${DEFAULT-VALUE}.")
    private int timeout;

    /** The command that has these options. */
    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    int run(PowerGoal.Command goal, Function<VmView, PowerRequest> decision) {
        CommandSpec spec = Objects.requireNonNull(command);
        return cluster.run(spec, connected -> run(spec, goal, decision, connected));
    }

    private int run(
            CommandSpec spec, PowerGoal.Command goal, Function<VmView, PowerRequest> decision, UserCluster connected) {
        VmClient vm = new VmClient(connected, name);
        VmClient.Written written = vm.write(decision);
        String message = Quoted.line(written.request().message());
        if (written.request() instanceof PowerRequest.Refused) {
            spec.commandLine().getErr().println("holdfast %s: %s".formatted(spec.name(), message));
            return NOT_DONE;
        }
        print(spec.commandLine().getOut(), message);
        return wait ? await(spec, vm, new PowerGoal(goal, written.before(), written.after())) : 0;
    }

    private int await(CommandSpec spec, VmClient client, PowerGoal goal) {
        PrintWriter err = spec.commandLine().getErr();
        PowerProgress progress = new PowerProgress(goal, err);
        String problem = client.await(Duration.ofSeconds(timeout), progress)
                ? progress.failure().map("not done: "::concat).orElse("")
                : "not done within %d s; the last state is: %s".formatted(timeout, progress.summary());
        if (!problem.isEmpty()) {
            print(err, Quoted.line("holdfast %s: %s".formatted(spec.name(), problem)));
        }
        return problem.isEmpty() ? 0 : NOT_DONE;
    }

    private static void print(PrintWriter writer, String line) {
        writer.println(line);
        writer.flush();
    }
}
