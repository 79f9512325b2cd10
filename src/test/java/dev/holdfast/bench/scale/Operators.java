package dev.holdfast.bench.scale;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.api.Names;
import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import java.io.IOException;
import java.util.Map;

/** The two replicas of the shipped Deployment, as processes: a leader, and a standby that takes over. */
public final class Operators implements AutoCloseable {
    private static final String STANDBY = "standby";

    private final RealCluster cluster;
    private final Replica leader;
    private final Replica standby;

    /**
     * Starts the leader, and when it leads, the standby.
     *
     * @param javaOptions of their JVMs; a flight recording is added with the system property {@code holdfast.bench.profile}
     */
    public Operators(RealCluster cluster, String javaOptions) {
        this.cluster = cluster;
        String profile = System.getProperty("holdfast.bench.profile", "");
        String recorded = profile.isEmpty()
                ? javaOptions
                : javaOptions + " -XX:StartFlightRecording=dumponexit=true,settings=profile,filename="
                        + profile.replace(".jfr", "-%p.jfr");
        leader = cluster.startOperator("leader", Map.of("HOLDFAST_JAVA_OPTS", recorded));
        eventually("the first replica leads")
                .until(() -> cluster.audit()
                        .requests()
                        .anyMatch(request -> request.resource().equals("passthroughdeviceclasses")));
        standby = cluster.startOperator(STANDBY, Map.of("HOLDFAST_JAVA_OPTS", javaOptions));
    }

    /** What the leader has used. */
    public ProcessUsage usage() {
        return ProcessUsage.of(leader.pid());
    }

    /** Returns the leader's live objects. */
    public long heapKib() throws IOException, InterruptedException {
        return LiveHeap.kib(leader.pid());
    }

    /** Sends SIGTERM to the leader and waits for its end. */
    public void endLeader() {
        leader.close();
    }

    /** Kills the process that holds the Lease; it is started again, as by the kubelet. */
    public void killLeader() {
        String holder = cluster.admin()
                .leases()
                .inNamespace(RealCluster.NAMESPACE)
                .withName(Names.OPERATOR)
                .get()
                .getSpec()
                .getHolderIdentity();
        (STANDBY.equals(holder) ? standby : leader).crash();
    }

    @Override
    public void close() {
        leader.close();
        standby.close();
    }
}
