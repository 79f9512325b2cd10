package dev.holdfast.bench.scale;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.testbed.cluster.RealCluster;
import dev.holdfast.testbed.cluster.Replica;
import java.io.IOException;
import java.util.Map;

/** The two replicas of the shipped Deployment, as processes: a leader, and a standby that takes over. */
public final class Operators implements AutoCloseable {
    private final Replica leader;
    private final Replica standby;

    /**
     * Starts the leader, and when it leads, the standby.
     *
     * @param javaOptions of their JVMs; a flight recording is added with the system property {@code holdfast.bench.profile}
     */
    public Operators(RealCluster cluster, String javaOptions) {
        String profile = System.getProperty("holdfast.bench.profile", "");
        String recorded = profile.isEmpty()
                ? javaOptions
                : javaOptions + " -XX:StartFlightRecording=dumponexit=true,settings=profile,filename=" + profile;
        leader = cluster.startOperator("leader", Map.of("HOLDFAST_JAVA_OPTS", recorded));
        eventually("the first replica leads")
                .until(() -> cluster.audit().requests().anyMatch(request -> request.resource()
                        .equals("passthroughdeviceclasses")));
        standby = cluster.startOperator("standby", Map.of("HOLDFAST_JAVA_OPTS", javaOptions));
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

    @Override
    public void close() {
        leader.close();
        standby.close();
    }
}
