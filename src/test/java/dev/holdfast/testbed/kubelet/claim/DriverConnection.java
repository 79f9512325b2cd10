package dev.holdfast.testbed.kubelet.claim;

import dev.holdfast.agent.kubelet.dra.v1.Claim;
import dev.holdfast.agent.kubelet.dra.v1.DRAPluginGrpc;
import dev.holdfast.agent.kubelet.dra.v1.NodePrepareResourceResponse;
import dev.holdfast.agent.kubelet.dra.v1.NodePrepareResourcesRequest;
import dev.holdfast.agent.kubelet.dra.v1.NodeUnprepareResourceResponse;
import dev.holdfast.agent.kubelet.dra.v1.NodeUnprepareResourcesRequest;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The kubelet's end of one DRA driver. Every call throws StatusRuntimeException when the driver does not answer.
 *
 * @param services as the driver registered them
 */
public record DriverConnection(ManagedChannel channel, List<String> services) implements AutoCloseable {
    /** The kubelet's own (defaultClientCallTimeout). */
    private static final long DEADLINE_SECONDS = 45;

    /** The answer of the driver, by the UID of the claim. */
    public Map<String, NodePrepareResourceResponse> prepare(Claim... claims) {
        return stub().nodePrepareResources(NodePrepareResourcesRequest.newBuilder()
                        .addAllClaims(List.of(claims))
                        .build())
                .getClaimsMap();
    }

    /** The answer of the driver, by the UID of the claim. */
    public Map<String, NodeUnprepareResourceResponse> unprepare(Claim... claims) {
        return stub().nodeUnprepareResources(NodeUnprepareResourcesRequest.newBuilder()
                        .addAllClaims(List.of(claims))
                        .build())
                .getClaimsMap();
    }

    private DRAPluginGrpc.DRAPluginBlockingStub stub() {
        return DRAPluginGrpc.newBlockingStub(channel).withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
