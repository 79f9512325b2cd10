package dev.holdfast.agent.plugin;

import dev.holdfast.agent.HeldDevices;
import dev.holdfast.agent.kubelet.v1.ContainerDevices;
import dev.holdfast.agent.kubelet.v1.ContainerResources;
import dev.holdfast.agent.kubelet.v1.ListPodResourcesRequest;
import dev.holdfast.agent.kubelet.v1.PodResources;
import dev.holdfast.agent.kubelet.v1.PodResourcesListerGrpc;
import dev.holdfast.api.Names;
import dev.holdfast.host.PciAddress;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Asks the kubelet which pod holds which of our devices (pod resources v1). For any thread. */
public final class PodResourcesClient implements HeldDevices, AutoCloseable {
    private static final long ANSWER_SECONDS = 5;

    private final Path socket;
    private final ManagedChannel channel;

    public PodResourcesClient(Path socket, UnixGrpc grpc) {
        this.socket = socket;
        this.channel = grpc.connect(socket);
    }

    @Override
    public Map<String, List<String>> of(String namespace, String podName) throws IOException {
        Map<String, List<String>> held = new TreeMap<>();
        for (PodResources pod : list()) {
            if (pod.getNamespace().equals(namespace) && pod.getName().equals(podName)) {
                ours(pod)
                        .forEach(devices -> held.computeIfAbsent(devices.getResourceName(), any -> new ArrayList<>())
                                .addAll(devices.getDeviceIdsList()));
            }
        }
        return held;
    }

    /**
     * Every IOMMU group that any pod holds. What is no PCI address is no group's ID, but a device of somebody else's who
     * uses our prefix.
     *
     * @return class by group ID
     * @throws IOException with a sentence for a person when the kubelet does not answer
     */
    public Map<String, String> held() throws IOException {
        Map<String, String> held = new TreeMap<>();
        for (PodResources pod : list()) {
            for (ContainerDevices devices : ours(pod)) {
                String deviceClass = devices.getResourceName().substring(Names.RESOURCE_PREFIX.length());
                devices.getDeviceIdsList().stream()
                        .filter(PciAddress::isAddress)
                        .forEach(id -> held.put(id, deviceClass));
            }
        }
        return held;
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private List<PodResources> list() throws IOException {
        if (!Files.exists(socket)) {
            throw new IOException("found no socket " + socket
                    + ", where the kubelet tells which pod holds which device; is the kubelet running?");
        }
        // Without the reset a kubelet that was away for long would be tried again only after minutes.
        channel.resetConnectBackoff();
        try {
            return PodResourcesListerGrpc.newBlockingStub(channel)
                    .withWaitForReady()
                    .withDeadlineAfter(ANSWER_SECONDS, TimeUnit.SECONDS)
                    .list(ListPodResourcesRequest.getDefaultInstance())
                    .getPodResourcesList();
        } catch (StatusRuntimeException e) {
            throw new IOException("the kubelet does not answer at " + socket + " (" + UnixGrpc.words(e) + ")", e);
        }
    }

    private static List<ContainerDevices> ours(PodResources pod) {
        List<ContainerDevices> ours = new ArrayList<>();
        for (ContainerResources container : pod.getContainersList()) {
            for (ContainerDevices devices : container.getDevicesList()) {
                if (devices.getResourceName().startsWith(Names.RESOURCE_PREFIX)) {
                    ours.add(devices);
                }
            }
        }
        return ours;
    }
}
