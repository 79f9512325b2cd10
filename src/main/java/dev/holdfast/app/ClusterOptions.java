package dev.holdfast.app;

import dev.holdfast.text.Quoted;
import dev.holdfast.user.CommandFailure;
import dev.holdfast.user.Kubeconfig;
import dev.holdfast.user.UserCluster;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.util.Objects;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Options of the commands that use a cluster with the user's own rights. Names as in kubectl. */
final class ClusterOptions {
    private static final int FAILED = 1;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Namespace of the VM. Default: the namespace of the context.")
    private @Nullable String namespace;

    @Option(
            names = "--context",
            paramLabel = "NAME",
            description = "Context of the kubeconfig. Default: its current context.")
    private @Nullable String context;

    @Option(names = "--kubeconfig", paramLabel = "FILE", description = "Default: $KUBECONFIG, or ~/.kube/config.")
    private @Nullable String kubeconfig;

    /** Runs a command with a cluster, and prints a failure in one line. */
    int run(@Nullable CommandSpec spec, ToIntFunction<UserCluster> command) {
        CommandSpec known = Objects.requireNonNull(spec);
        try (UserCluster cluster = open()) {
            return command.applyAsInt(cluster);
        } catch (CommandFailure e) {
            known.commandLine()
                    .getErr()
                    .println(Quoted.escaped("holdfast %s: %s".formatted(known.name(), e.getMessage())));
            return e.unusableInput() ? Holdfast.UNUSABLE_INPUT : FAILED;
        }
    }

    private UserCluster open() {
        Config config = Kubeconfig.read(kubeconfig, context, System.getenv());
        String used = namespace == null ? config.getNamespace() : namespace;
        return new UserCluster(
                new KubernetesClientBuilder().withConfig(config).build(), Objects.requireNonNullElse(used, "default"));
    }
}
