package dev.holdfast.agent.plugin;

import dev.holdfast.agent.kubelet.v1.ContainerDevices;
import dev.holdfast.agent.kubelet.v1.ContainerResources;
import dev.holdfast.agent.kubelet.v1.ListPodResourcesRequest;
import dev.holdfast.agent.kubelet.v1.ListPodResourcesResponse;
import dev.holdfast.agent.kubelet.v1.PodResources;
import dev.holdfast.agent.kubelet.v1.PodResourcesListerGrpc;
import dev.holdfast.agent.kubelet.v1beta1.AllocateRequest;
import dev.holdfast.agent.kubelet.v1beta1.AllocateResponse;
import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateRequest;
import dev.holdfast.agent.kubelet.v1beta1.ContainerPreferredAllocationRequest;
import dev.holdfast.agent.kubelet.v1beta1.Device;
import dev.holdfast.agent.kubelet.v1beta1.DevicePluginGrpc;
import dev.holdfast.agent.kubelet.v1beta1.Empty;
import dev.holdfast.agent.kubelet.v1beta1.ListAndWatchResponse;
import dev.holdfast.agent.kubelet.v1beta1.PreferredAllocationRequest;
import dev.holdfast.agent.kubelet.v1beta1.RegisterRequest;
import dev.holdfast.agent.kubelet.v1beta1.RegistrationGrpc;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The kubelet's side of the device plugin and pod resources protocols, in its order: it empties the directory at its
 * start, and dials a plugin back while that still waits for the answer to its registration.
 */
public final class FakeKubelet implements AutoCloseable {
    private final Path plugins;
    private final Path podResources;
    private final UnixGrpc serving = new UnixGrpc();
    private final UnixGrpc dialling = new UnixGrpc();
    private final Map<String, List<Device>> devices = new ConcurrentHashMap<>();
    private final Map<String, String> endpoints = new ConcurrentHashMap<>();
    private final List<RegisterRequest> registrations = new CopyOnWriteArrayList<>();
    private final List<PodResources> pods = new CopyOnWriteArrayList<>();
    private final List<ManagedChannel> channels = new CopyOnWriteArrayList<>();
    private final AtomicInteger lists = new AtomicInteger();
    private @Nullable Server registration;
    private @Nullable Server lister;

    /** Does not run yet; makes the two directories. */
    public FakeKubelet(Path root) throws IOException {
        plugins = Files.createDirectories(root.resolve("dp"));
        podResources = Files.createDirectories(root.resolve("pr")).resolve("kubelet.sock");
    }

    public Path plugins() {
        return plugins;
    }

    public Path podResources() {
        return podResources;
    }

    public void start() throws IOException {
        try (DirectoryStream<Path> old = Files.newDirectoryStream(plugins)) {
            for (Path file : old) {
                Files.delete(file);
            }
        }
        Files.deleteIfExists(podResources);
        startWithoutEmptying();
    }

    /** As a kubelet whose sweep of the directory passed over a plugin's socket that was made at that moment. */
    public void startWithoutEmptying() throws IOException {
        registration = serving.serve(plugins.resolve("kubelet.sock"), new Registration());
        lister = serving.serve(podResources, new Lister());
    }

    public void stop() throws InterruptedException {
        channels.forEach(ManagedChannel::shutdownNow);
        channels.clear();
        for (Server server : Arrays.asList(registration, lister)) {
            if (server != null) {
                server.shutdownNow();
                server.awaitTermination(5, TimeUnit.SECONDS);
            }
        }
        devices.clear();
        endpoints.clear();
    }

    @Override
    public void close() throws InterruptedException {
        stop();
        serving.close();
        dialling.close();
    }

    /** Every registration so far, over all starts. */
    public List<RegisterRequest> registrations() {
        return registrations;
    }

    /** What was last listed for a resource; empty before that. */
    public List<Device> devices(String resource) {
        return devices.getOrDefault(resource, List.of());
    }

    /** Whether a list, empty or not, has come for a resource since the last start. */
    public boolean knows(String resource) {
        return devices.containsKey(resource);
    }

    /** Says from now on that a pod holds these devices. */
    public void hold(String namespace, String pod, String resource, String... ids) {
        PodResources.Builder held =
                PodResources.newBuilder().setNamespace(namespace).setName(pod);
        ContainerResources.Builder container = ContainerResources.newBuilder().setName("qemu");
        // One entry for each NUMA node is what the kubelet makes of several devices.
        for (String id : ids) {
            container.addDevices(
                    ContainerDevices.newBuilder().setResourceName(resource).addDeviceIds(id));
        }
        pods.add(held.addContainers(container).build());
    }

    /** How often it was asked who holds what. */
    public int lists() {
        return lists.get();
    }

    public void release(String pod) {
        pods.removeIf(held -> held.getName().equals(pod));
    }

    /** Allocates for one container, as for a pod that is being admitted. */
    public AllocateResponse allocate(String resource, String... ids) {
        ManagedChannel channel = dial(Objects.requireNonNull(endpoints.get(resource), resource));
        try {
            return DevicePluginGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .allocate(AllocateRequest.newBuilder()
                            .addContainerRequests(
                                    ContainerAllocateRequest.newBuilder().addAllDevicesIds(List.of(ids)))
                            .build());
        } finally {
            channel.shutdownNow();
        }
    }

    /** Asks which of these devices a container should get. */
    public List<String> prefer(String resource, List<String> available, List<String> must, int count) {
        ManagedChannel channel = dial(Objects.requireNonNull(endpoints.get(resource), resource));
        try {
            return DevicePluginGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .getPreferredAllocation(PreferredAllocationRequest.newBuilder()
                            .addContainerRequests(ContainerPreferredAllocationRequest.newBuilder()
                                    .addAllAvailableDeviceIDs(available)
                                    .addAllMustIncludeDeviceIDs(must)
                                    .setAllocationSize(count))
                            .build())
                    .getContainerResponses(0)
                    .getDeviceIDsList();
        } finally {
            channel.shutdownNow();
        }
    }

    private ManagedChannel dial(String endpoint) {
        return dialling.connect(plugins.resolve(endpoint));
    }

    private final class Registration extends RegistrationGrpc.RegistrationImplBase {
        @Override
        public void register(RegisterRequest request, StreamObserver<Empty> answer) {
            ManagedChannel channel = dial(request.getEndpoint());
            channels.add(channel);
            try {
                DevicePluginGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(10, TimeUnit.SECONDS)
                        .getDevicePluginOptions(Empty.getDefaultInstance());
            } catch (StatusRuntimeException e) {
                answer.onError(e);
                return;
            }
            endpoints.put(request.getResourceName(), request.getEndpoint());
            registrations.add(request);
            // The watch outlives this call: without the root context it would be cancelled with it.
            Context.ROOT.run(() -> DevicePluginGrpc.newStub(channel)
                    .listAndWatch(Empty.getDefaultInstance(), new Lists(request.getResourceName())));
            answer.onNext(Empty.getDefaultInstance());
            answer.onCompleted();
        }
    }

    private final class Lists implements StreamObserver<ListAndWatchResponse> {
        private final String resource;

        private Lists(String resource) {
            this.resource = resource;
        }

        @Override
        public void onNext(ListAndWatchResponse list) {
            devices.put(resource, new ArrayList<>(list.getDevicesList()));
        }

        @Override
        public void onError(Throwable t) {
            devices.remove(resource);
        }

        @Override
        public void onCompleted() {
            devices.remove(resource);
        }
    }

    private final class Lister extends PodResourcesListerGrpc.PodResourcesListerImplBase {
        @Override
        public void list(ListPodResourcesRequest request, StreamObserver<ListPodResourcesResponse> answer) {
            lists.incrementAndGet();
            answer.onNext(ListPodResourcesResponse.newBuilder()
                    .addAllPodResources(pods)
                    .build());
            answer.onCompleted();
        }
    }
}
