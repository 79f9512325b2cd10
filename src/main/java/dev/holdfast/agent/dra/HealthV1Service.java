package dev.holdfast.agent.dra;

import dev.holdfast.agent.kubelet.health.v1.DRAResourceHealthGrpc;
import dev.holdfast.agent.kubelet.health.v1.DeviceIdentifier;
import dev.holdfast.agent.kubelet.health.v1.HealthStatus;
import dev.holdfast.agent.kubelet.health.v1.NodeWatchResourcesRequest;
import dev.holdfast.agent.kubelet.health.v1.NodeWatchResourcesResponse;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Objects;

/** Health service (v1, for Kubernetes 1.37): sends the health of all devices after every change. */
final class HealthV1Service extends DRAResourceHealthGrpc.DRAResourceHealthImplBase {
    private final String pool;
    private final HealthReports reports;

    /** @param pool name of this node */
    HealthV1Service(String pool, HealthReports reports) {
        this.pool = pool;
        this.reports = reports;
    }

    @Override
    public void nodeWatchResources(
            NodeWatchResourcesRequest request, StreamObserver<NodeWatchResourcesResponse> answer) {
        reports.watch(answer, this::message);
    }

    private NodeWatchResourcesResponse message(List<DeviceHealth> devices) {
        NodeWatchResourcesResponse.Builder response = NodeWatchResourcesResponse.newBuilder();
        for (DeviceHealth device : devices) {
            response.addDevices(dev.holdfast.agent.kubelet.health.v1.DeviceHealth.newBuilder()
                    .setDevice(DeviceIdentifier.newBuilder().setPoolName(pool).setDeviceName(device.device()))
                    .setHealth(device.healthy() ? HealthStatus.HEALTHY : HealthStatus.UNHEALTHY)
                    .setLastUpdatedTime(reports.observedSeconds())
                    .setHealthCheckTimeoutSeconds(HealthReports.VALID.toSeconds())
                    .setMessage(Objects.requireNonNullElse(device.message(), "")));
        }
        return response.build();
    }
}
