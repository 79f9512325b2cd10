package dev.holdfast.testbed.played;

import dev.holdfast.agent.kubelet.health.v1alpha1.DRAResourceHealthGrpc;
import dev.holdfast.agent.kubelet.health.v1alpha1.NodeWatchResourcesRequest;
import dev.holdfast.agent.kubelet.health.v1alpha1.NodeWatchResourcesResponse;
import io.grpc.stub.StreamObserver;

/**
 * Has no news of the health of devices. Kubelet 1.36 asks every driver for it, also one that does not name the service, and
 * asks again every five seconds when it is not there.
 */
final class PlayedHealth extends DRAResourceHealthGrpc.DRAResourceHealthImplBase {
    @Override
    public void nodeWatchResources(
            NodeWatchResourcesRequest request, StreamObserver<NodeWatchResourcesResponse> answer) {
        // The stream stays open until the kubelet ends it.
    }
}
