package dev.holdfast.testbed.played;

import dev.holdfast.agent.kubelet.dra.v1.Claim;
import dev.holdfast.agent.kubelet.dra.v1.DRAPluginGrpc;
import dev.holdfast.agent.kubelet.dra.v1.Device;
import dev.holdfast.agent.kubelet.dra.v1.NodePrepareResourceResponse;
import dev.holdfast.agent.kubelet.dra.v1.NodePrepareResourcesRequest;
import dev.holdfast.agent.kubelet.dra.v1.NodePrepareResourcesResponse;
import dev.holdfast.agent.kubelet.dra.v1.NodeUnprepareResourceResponse;
import dev.holdfast.agent.kubelet.dra.v1.NodeUnprepareResourcesRequest;
import dev.holdfast.agent.kubelet.dra.v1.NodeUnprepareResourcesResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Prepares and unprepares claims of the driver. It has one device, so it need not read what was allocated. */
final class PlayedPlugin extends DRAPluginGrpc.DRAPluginImplBase {
    private static final Logger log = LoggerFactory.getLogger(PlayedPlugin.class);

    private final Script script;
    private final String pool;
    private final PreparedFunctions prepared;

    PlayedPlugin(Script script, String pool, PreparedFunctions prepared) {
        this.script = script;
        this.pool = pool;
        this.prepared = prepared;
    }

    @Override
    public void nodePrepareResources(
            NodePrepareResourcesRequest request, StreamObserver<NodePrepareResourcesResponse> answer) {
        NodePrepareResourcesResponse.Builder response = NodePrepareResourcesResponse.newBuilder();
        for (Claim claim : request.getClaimsList()) {
            NodePrepareResourceResponse result = prepare(claim);
            log.info("prepare {} {}: {}", claim.getName(), claim.getUid(), result);
            response.putClaims(claim.getUid(), result);
        }
        answer.onNext(response.build());
        answer.onCompleted();
    }

    private NodePrepareResourceResponse prepare(Claim claim) {
        Optional<String> refusal = script.refusal();
        if (refusal.isPresent()) {
            return failure(refusal.get());
        }
        Script.Device device = script.device();
        try {
            // Without names of requests, it is for each request of the claim.
            return NodePrepareResourceResponse.newBuilder()
                    .addDevices(Device.newBuilder()
                            .setPoolName(pool)
                            .setDeviceName(device.name())
                            .addCdiDeviceIds(prepared.add(claim.getUid(), device.address())))
                    .build();
        } catch (IOException e) {
            return failure(e.toString());
        }
    }

    private static NodePrepareResourceResponse failure(String message) {
        return NodePrepareResourceResponse.newBuilder().setError(message).build();
    }

    @Override
    public void nodeUnprepareResources(
            NodeUnprepareResourcesRequest request, StreamObserver<NodeUnprepareResourcesResponse> answer) {
        NodeUnprepareResourcesResponse.Builder response = NodeUnprepareResourcesResponse.newBuilder();
        for (Claim claim : request.getClaimsList()) {
            String error = "";
            try {
                prepared.remove(claim.getUid());
            } catch (IOException e) {
                error = e.toString();
            }
            log.info("unprepare {} {}: {}", claim.getName(), claim.getUid(), error);
            response.putClaims(
                    claim.getUid(),
                    NodeUnprepareResourceResponse.newBuilder().setError(error).build());
        }
        answer.onNext(response.build());
        answer.onCompleted();
    }
}
