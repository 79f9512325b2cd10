package dev.holdfast.testbed.kubelet.device;

import dev.holdfast.agent.kubelet.v1beta1.AllocateRequest;
import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateRequest;
import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateResponse;
import dev.holdfast.agent.kubelet.v1beta1.ContainerPreferredAllocationRequest;
import dev.holdfast.agent.kubelet.v1beta1.Device;
import dev.holdfast.agent.kubelet.v1beta1.DevicePluginGrpc;
import dev.holdfast.agent.kubelet.v1beta1.DevicePluginOptions;
import dev.holdfast.agent.kubelet.v1beta1.Empty;
import dev.holdfast.agent.kubelet.v1beta1.ListAndWatchResponse;
import dev.holdfast.agent.kubelet.v1beta1.PreStartContainerRequest;
import dev.holdfast.agent.kubelet.v1beta1.PreferredAllocationRequest;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The kubelet's end of one device plugin. Every call throws StatusRuntimeException when the plugin does not answer. */
final class PluginConnection implements AutoCloseable {
    private static final long DEADLINE_SECONDS = 30;

    private final ManagedChannel channel;
    private final DevicePluginOptions options;

    private PluginConnection(ManagedChannel channel, DevicePluginOptions options) {
        this.channel = channel;
        this.options = options;
    }

    /** Asks for the options, as the kubelet does before it answers Register; the channel is this connection's own. */
    static PluginConnection dial(ManagedChannel channel) {
        DevicePluginOptions options = stub(channel).getDevicePluginOptions(Empty.getDefaultInstance());
        return new PluginConnection(channel, options);
    }

    /** Follows the plugin's list until the plugin ends, and then calls {@code ended} once. */
    void follow(Consumer<List<Device>> listed, Runnable ended) {
        StreamObserver<ListAndWatchResponse> observer = new StreamObserver<>() {
            @Override
            public void onNext(ListAndWatchResponse response) {
                listed.accept(response.getDevicesList());
            }

            @Override
            public void onError(Throwable failure) {
                ended.run();
            }

            @Override
            public void onCompleted() {
                ended.run();
            }
        };
        // Called while Register is being answered: without a context of its own this call would end with that one.
        Context.ROOT.run(() -> DevicePluginGrpc.newStub(channel).listAndWatch(Empty.getDefaultInstance(), observer));
    }

    /** The plugin's choice among {@code available}, or the first ones when it has none. */
    List<String> prefer(List<String> available, int count) {
        if (!options.getGetPreferredAllocationAvailable()) {
            return available.subList(0, count);
        }
        List<String> preferred = stub(channel)
                .getPreferredAllocation(PreferredAllocationRequest.newBuilder()
                        .addContainerRequests(ContainerPreferredAllocationRequest.newBuilder()
                                .addAllAvailableDeviceIDs(available)
                                .setAllocationSize(count))
                        .build())
                .getContainerResponses(0)
                .getDeviceIDsList();
        boolean usable = preferred.size() == count && available.containsAll(preferred);
        return usable ? List.copyOf(preferred) : available.subList(0, count);
    }

    ContainerAllocateResponse allocate(Collection<String> ids) {
        return stub(channel)
                .allocate(AllocateRequest.newBuilder()
                        .addContainerRequests(
                                ContainerAllocateRequest.newBuilder().addAllDevicesIds(ids))
                        .build())
                .getContainerResponses(0);
    }

    /** Does nothing unless the plugin requested the call. */
    void preStart(Collection<String> ids) {
        if (options.getPreStartRequired()) {
            stub(channel)
                    .preStartContainer(PreStartContainerRequest.newBuilder()
                            .addAllDevicesIds(ids)
                            .build());
        }
    }

    private static DevicePluginGrpc.DevicePluginBlockingStub stub(ManagedChannel channel) {
        return DevicePluginGrpc.newBlockingStub(channel).withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
