package dev.holdfast.testbed.kubelet.device;

import dev.holdfast.agent.kubelet.v1beta1.AllocateRequest;
import dev.holdfast.agent.kubelet.v1beta1.AllocateResponse;
import dev.holdfast.agent.kubelet.v1beta1.CDIDevice;
import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateRequest;
import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateResponse;
import dev.holdfast.agent.kubelet.v1beta1.Device;
import dev.holdfast.agent.kubelet.v1beta1.DevicePluginGrpc;
import dev.holdfast.agent.kubelet.v1beta1.DevicePluginOptions;
import dev.holdfast.agent.kubelet.v1beta1.Empty;
import dev.holdfast.agent.kubelet.v1beta1.ListAndWatchResponse;
import dev.holdfast.agent.kubelet.v1beta1.RegisterRequest;
import dev.holdfast.agent.kubelet.v1beta1.RegistrationGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A device plugin that lists and allocates devices as a test defines. */
public final class ScriptedPlugin extends DevicePluginGrpc.DevicePluginImplBase implements AutoCloseable {
    private final UnixGrpc grpc = new UnixGrpc();
    private final Path directory;
    private final String resource;
    private final BlockingQueue<StreamObserver<ListAndWatchResponse>> watchers = new LinkedBlockingQueue<>();
    private final CountDownLatch optionsAsked = new CountDownLatch(1);
    private final Server server;
    private volatile boolean refusing;

    public ScriptedPlugin(Path directory, String resource) throws IOException {
        this.directory = directory;
        this.resource = resource;
        server = grpc.serve(directory.resolve("plugin.sock"), this);
    }

    /** Returns when the kubelet has answered, and fails when it did not dial back before. */
    public void register() {
        ManagedChannel channel = grpc.connect(directory.resolve("kubelet.sock"));
        try {
            RegistrationGrpc.newBlockingStub(channel)
                    .withWaitForReady()
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .register(RegisterRequest.newBuilder()
                            .setVersion("v1beta1")
                            .setEndpoint("plugin.sock")
                            .setResourceName(resource)
                            .build());
        } finally {
            channel.shutdownNow();
        }
        if (optionsAsked.getCount() != 0) {
            throw new IllegalStateException("the kubelet answered Register without dialling back");
        }
    }

    /** Each device is {@code id=health}. */
    public void list(String... devices) throws InterruptedException {
        ListAndWatchResponse.Builder response = ListAndWatchResponse.newBuilder();
        for (String device : devices) {
            int equals = device.indexOf('=');
            response.addDevices(
                    Device.newBuilder().setID(device.substring(0, equals)).setHealth(device.substring(equals + 1)));
        }
        StreamObserver<ListAndWatchResponse> watcher = watchers.poll(30, TimeUnit.SECONDS);
        if (watcher == null) {
            throw new IllegalStateException("the kubelet did not call ListAndWatch");
        }
        watcher.onNext(response.build());
        watchers.put(watcher);
    }

    void refuse() {
        refusing = true;
    }

    @Override
    public void getDevicePluginOptions(Empty request, StreamObserver<DevicePluginOptions> answer) {
        optionsAsked.countDown();
        answer.onNext(DevicePluginOptions.getDefaultInstance());
        answer.onCompleted();
    }

    @Override
    public void listAndWatch(Empty request, StreamObserver<ListAndWatchResponse> answer) {
        watchers.add(answer);
    }

    @Override
    public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> answer) {
        if (refusing) {
            answer.onError(Status.INTERNAL.withDescription("told to refuse").asRuntimeException());
            return;
        }
        AllocateResponse.Builder response = AllocateResponse.newBuilder();
        for (ContainerAllocateRequest container : request.getContainerRequestsList()) {
            ContainerAllocateResponse.Builder devices = ContainerAllocateResponse.newBuilder();
            container
                    .getDevicesIdsList()
                    .forEach(id -> devices.addCdiDevices(CDIDevice.newBuilder().setName("holdfast.dev/vfio=" + id)));
            response.addContainerResponses(devices);
        }
        answer.onNext(response.build());
        answer.onCompleted();
    }

    @Override
    public void close() {
        server.shutdownNow();
        grpc.close();
    }
}
