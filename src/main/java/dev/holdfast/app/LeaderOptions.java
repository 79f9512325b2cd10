package dev.holdfast.app;

import dev.holdfast.leader.OperatorLease;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether an operator is one of several, of which one works. */
final class LeaderOptions {
    @Option(
            names = "--leader-elect",
            description =
                    "Work only while holding the Lease " + OperatorLease.NAME + ". For operators of which several run.")
    boolean elect;

    @Option(
            names = "--leader-elect-namespace",
            paramLabel = "NAMESPACE",
            defaultValue = "${env:POD_NAMESPACE}",
            description = "Namespace of the Lease. Default: $POD_NAMESPACE.")
    @Nullable
    String namespace;

    /** An election nowhere: every replica would wait for ever. */
    boolean lackNamespace() {
        return elect && (namespace == null || namespace.isBlank());
    }
}
