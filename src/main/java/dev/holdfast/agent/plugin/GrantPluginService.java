package dev.holdfast.agent.plugin;

import dev.holdfast.agent.kubelet.v1beta1.AllocateRequest;
import dev.holdfast.agent.kubelet.v1beta1.AllocateResponse;
import dev.holdfast.agent.kubelet.v1beta1.CDIDevice;
import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateResponse;
import dev.holdfast.agent.kubelet.v1beta1.Device;
import dev.holdfast.agent.kubelet.v1beta1.DevicePluginGrpc;
import dev.holdfast.agent.kubelet.v1beta1.DevicePluginOptions;
import dev.holdfast.agent.kubelet.v1beta1.Empty;
import dev.holdfast.agent.kubelet.v1beta1.ListAndWatchResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.stream.IntStream;

/**
 * Device plugin service (v1beta1) for the resource that a pod requests besides the device of another driver. Its IDs stand
 * for nothing on the node, so there are as many as a node can have pods with VMs, always healthy. Thread-safe.
 */
final class GrantPluginService extends DevicePluginGrpc.DevicePluginImplBase {
    static final DevicePluginOptions OPTIONS = DevicePluginOptions.getDefaultInstance();

    /** Number of IDs; more than the devices of a node, of which each VM requires at least one. */
    static final int COUNT = 256;

    private static final ListAndWatchResponse LIST = ListAndWatchResponse.newBuilder()
            .addAllDevices(IntStream.range(0, COUNT)
                    // Not the form of a group's ID.
                    .mapToObj(number -> Device.newBuilder()
                            .setID("grant-" + number)
                            .setHealth("Healthy")
                            .build())
                    .toList())
            .build();

    private final ContainerAllocateResponse edits;

    /**
     * Creates the service.
     *
     * @param grantDirectory directory of the grant socket on the node
     * @param cdiDevice      CDI name of the device nodes
     */
    GrantPluginService(Path grantDirectory, String cdiDevice) {
        edits = ContainerAllocateResponse.newBuilder()
                .addMounts(GrantMount.of(grantDirectory))
                .addCdiDevices(CDIDevice.newBuilder().setName(cdiDevice))
                .build();
    }

    @Override
    public void getDevicePluginOptions(Empty request, StreamObserver<DevicePluginOptions> answer) {
        answer.onNext(OPTIONS);
        answer.onCompleted();
    }

    /** Sends the list once; the call ends when the kubelet disconnects. */
    @Override
    public void listAndWatch(Empty request, StreamObserver<ListAndWatchResponse> answer) {
        ((ServerCallStreamObserver<ListAndWatchResponse>) answer).setOnCancelHandler(() -> {});
        answer.onNext(LIST);
    }

    @Override
    public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> answer) {
        AllocateResponse.Builder response = AllocateResponse.newBuilder();
        request.getContainerRequestsList().forEach(container -> response.addContainerResponses(edits));
        answer.onNext(response.build());
        answer.onCompleted();
    }
}
