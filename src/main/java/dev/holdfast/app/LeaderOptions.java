package dev.holdfast.app;

import dev.holdfast.leader.OperatorLease;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of leader election among several operators. */
final class LeaderOptions {
    @Option(
            names = "--leader-elect",
            description = "Reconcile only while holding the Lease " + OperatorLease.NAME
                    + ". For an operator with several replicas.")
    boolean elect;

    @Option(
            names = "--leader-elect-namespace",
            paramLabel = "NAMESPACE",
            defaultValue = "${env:POD_NAMESPACE}",
            description = "Namespace of the Lease. Default: $POD_NAMESPACE.")
    @Nullable
    String namespace;

    /** Returns whether an election is requested without a namespace; then each replica would wait forever. */
    boolean lackNamespace() {
        return elect && (namespace == null || namespace.isBlank());
    }
}
