package dev.holdfast.testbed.kubelet.device;

import dev.holdfast.agent.kubelet.v1.ContainerDevices;
import dev.holdfast.agent.kubelet.v1.ContainerResources;
import dev.holdfast.agent.kubelet.v1.DynamicResource;
import dev.holdfast.agent.kubelet.v1.GetPodResourcesRequest;
import dev.holdfast.agent.kubelet.v1.GetPodResourcesResponse;
import dev.holdfast.agent.kubelet.v1.ListPodResourcesRequest;
import dev.holdfast.agent.kubelet.v1.ListPodResourcesResponse;
import dev.holdfast.agent.kubelet.v1.PodResourcesListerGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The pod resources service: who holds which devices. */
public final class PodResources extends PodResourcesListerGrpc.PodResourcesListerImplBase {
    private final DeviceManager devices;
    private final Function<String, List<DynamicResource>> claims;

    /** @param claims those of a pod, by its UID */
    public PodResources(DeviceManager devices, Function<String, List<DynamicResource>> claims) {
        this.devices = devices;
        this.claims = claims;
    }

    @Override
    public void list(ListPodResourcesRequest request, StreamObserver<ListPodResourcesResponse> answer) {
        ListPodResourcesResponse.Builder response = ListPodResourcesResponse.newBuilder();
        devices.holders().forEach(holder -> response.addPodResources(message(holder)));
        answer.onNext(response.build());
        answer.onCompleted();
    }

    @Override
    public void get(GetPodResourcesRequest request, StreamObserver<GetPodResourcesResponse> answer) {
        Optional<DeviceManager.Holder> found = devices.holders().stream()
                .filter(holder -> holder.namespace().equals(request.getPodNamespace())
                        && holder.pod().equals(request.getPodName()))
                .findFirst();
        if (found.isEmpty()) {
            answer.onError(Status.NOT_FOUND
                    .withDescription(
                            "pod " + request.getPodName() + " in namespace " + request.getPodNamespace() + " not found")
                    .asRuntimeException());
            return;
        }
        answer.onNext(GetPodResourcesResponse.newBuilder()
                .setPodResources(message(found.get()))
                .build());
        answer.onCompleted();
    }

    private dev.holdfast.agent.kubelet.v1.PodResources message(DeviceManager.Holder holder) {
        ContainerResources.Builder container = ContainerResources.newBuilder().setName(holder.container());
        holder.devices()
                .forEach((resource, ids) -> container.addDevices(
                        ContainerDevices.newBuilder().setResourceName(resource).addAllDeviceIds(ids)));
        container.addAllDynamicResources(claims.apply(holder.uid()));
        return dev.holdfast.agent.kubelet.v1.PodResources.newBuilder()
                .setName(holder.pod())
                .setNamespace(holder.namespace())
                .addContainers(container)
                .build();
    }
}
