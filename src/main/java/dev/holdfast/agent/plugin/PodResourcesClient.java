package dev.holdfast.agent.plugin;

import dev.holdfast.agent.kubelet.v1.ContainerDevices;
import dev.holdfast.agent.kubelet.v1.ContainerResources;
import dev.holdfast.agent.kubelet.v1.ListPodResourcesRequest;
import dev.holdfast.agent.kubelet.v1.PodResources;
import dev.holdfast.agent.kubelet.v1.PodResourcesListerGrpc;
import dev.holdfast.api.Names;
import dev.holdfast.pci.GroupId;
import dev.holdfast.text.NamespacedName;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Client of the pod resources API (v1) of the kubelet: reports the pods that hold devices of Holdfast. The kubelet
 * answers about a hundred requests per second in all, so requests that peers can cause are sent at most ten times per
 * second, and their answers are shared. Thread-safe.
 */
public final class PodResourcesClient implements HeldDevices, AutoCloseable {
    private static final long ANSWER_SECONDS = 5;
    private static final Duration SPACING = Duration.ofMillis(100);
    /** Age up to which an answer is trusted that a pod holds devices; that it holds none is always requested again. */
    private static final Duration TRUSTED = Duration.ofSeconds(2);
    /** Time after its start in which the kubelet may not list all pods. */
    private static final Duration STARTING = Duration.ofSeconds(30);

    private final Path socket;
    private final Clock clock;
    private final LongSupplier nanoTime;
    private final ManagedChannel channel;
    private volatile @Nullable Answer last;

    /**
     * Answer of the kubelet.
     *
     * @param askedNanos time of the request
     * @param held       device IDs by resource, by {@code namespace/name} of the pod
     * @param claims     devices of ResourceClaims
     * @param failure    null when the kubelet answered
     */
    private record Answer(
            long askedNanos,
            Map<String, Map<String, List<String>>> held,
            List<ReportedDevices.ClaimDevice> claims,
            @Nullable IOException failure) {
        Map<String, Map<String, List<String>>> orThrow() throws IOException {
            if (failure != null) {
                throw new IOException(failure.getMessage(), failure);
            }
            return held;
        }

        boolean has(String pod) {
            return held.containsKey(pod)
                    || claims.stream()
                            .anyMatch(device -> device.own() && device.pod().equals(pod));
        }
    }

    public PodResourcesClient(Path socket, UnixGrpc grpc, Clock clock) {
        this(socket, grpc, clock, System::nanoTime);
    }

    PodResourcesClient(Path socket, UnixGrpc grpc, Clock clock, LongSupplier nanoTime) {
        this.socket = socket;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.channel = grpc.connect(socket);
    }

    @Override
    public Map<String, List<String>> of(String namespace, String podName) throws IOException {
        return ask().orThrow().getOrDefault(NamespacedName.of(namespace, podName), Map.of());
    }

    @Override
    public boolean holdsAny(String namespace, String podName) throws IOException {
        String pod = NamespacedName.of(namespace, podName);
        long now = nanoTime.getAsLong();
        Answer known = last;
        if (known != null && now - known.askedNanos() < TRUSTED.toNanos() && known.has(pod)) {
            return true;
        }
        Answer answer = answerSince(now);
        answer.orThrow();
        return answer.has(pod);
    }

    @Override
    public List<ReportedDevices.ClaimDevice> claimsOf(String namespace, String podName) throws IOException {
        String pod = NamespacedName.of(namespace, podName);
        return devices().claims().stream()
                .filter(device -> device.pod().equals(pod))
                .toList();
    }

    @Override
    public boolean knowsAllPods() {
        try {
            Duration age = Duration.between(Files.getLastModifiedTime(socket).toInstant(), clock.instant());
            return age.isNegative() || age.compareTo(STARTING) >= 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns an answer to a request that was sent at this time or later. Callers that wait meanwhile share it. */
    private synchronized Answer answerSince(long nanos) throws IOException {
        Answer known = last;
        if (known != null && known.askedNanos() - nanos >= 0) {
            return known;
        }
        if (known != null) {
            long wait = known.askedNanos() + SPACING.toNanos() - nanoTime.getAsLong();
            try {
                TimeUnit.NANOSECONDS.sleep(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("the agent is stopping", e);
            }
        }
        return ask();
    }

    private Answer ask() {
        long asked = nanoTime.getAsLong();
        Answer answer;
        try {
            Map<String, Map<String, List<String>>> held = new TreeMap<>();
            List<ReportedDevices.ClaimDevice> claims = new ArrayList<>();
            for (PodResources pod : list()) {
                List<ContainerDevices> ours = ours(pod);
                claims.addAll(claims(pod, ours.stream().anyMatch(PodResourcesClient::isGrant)));
                for (ContainerDevices devices : ours) {
                    held.computeIfAbsent(NamespacedName.of(pod.getNamespace(), pod.getName()), any -> new TreeMap<>())
                            .computeIfAbsent(devices.getResourceName(), any -> new ArrayList<>())
                            .addAll(devices.getDeviceIdsList());
                }
            }
            answer = new Answer(asked, held, claims, null);
        } catch (IOException e) {
            answer = new Answer(asked, Map.of(), List.of(), e);
        }
        last = answer;
        return answer;
    }

    /**
     * Returns every IOMMU group that any pod holds. Other IDs belong to devices of another plugin with the same
     * resource prefix.
     *
     * @return class by group ID
     * @throws IOException when the kubelet is not responding
     */
    public Map<GroupId, String> held() throws IOException {
        Map<GroupId, String> held = new TreeMap<>();
        ask().orThrow()
                .values()
                .forEach(pod -> pod.forEach((resource, ids) -> ids.stream()
                        .flatMap(id -> GroupId.parse(id).stream())
                        .forEach(id -> held.put(id, resource.substring(Names.RESOURCE_PREFIX.length())))));
        return held;
    }

    /**
     * Returns the devices that pods hold, by device plugins and by ResourceClaims.
     *
     * @throws IOException when the kubelet is not responding
     */
    public ReportedDevices devices() throws IOException {
        Answer answer = ask();
        Map<GroupId, String> pods = new TreeMap<>();
        answer.orThrow()
                .forEach((pod, resources) -> resources.values().stream()
                        .flatMap(List::stream)
                        .flatMap(id -> GroupId.parse(id).stream())
                        .forEach(id -> pods.put(id, pod)));
        return new ReportedDevices(pods, answer.claims());
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private List<PodResources> list() throws IOException {
        if (!Files.exists(socket)) {
            throw new IOException("pod resources socket of the kubelet " + socket
                    + " not found; check whether the kubelet is running");
        }
        // Without the reset, a kubelet that was down for long would be retried only after minutes.
        channel.resetConnectBackoff();
        try {
            return PodResourcesListerGrpc.newBlockingStub(channel)
                    .withWaitForReady()
                    .withDeadlineAfter(ANSWER_SECONDS, TimeUnit.SECONDS)
                    .list(ListPodResourcesRequest.getDefaultInstance())
                    .getPodResourcesList();
        } catch (StatusRuntimeException e) {
            throw new IOException("the kubelet is not responding at " + socket + " (" + UnixGrpc.message(e) + ")", e);
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

    /** Returns whether these are IDs of the resource that pods with devices of other drivers hold. */
    private static boolean isGrant(ContainerDevices devices) {
        return devices.getResourceName().equals(Names.resourceOf(Names.GRANT));
    }

    /**
     * Returns the devices of a pod's claims; a claim is listed for each container that names it.
     *
     * @param foreign whether those of other drivers are included
     */
    private static List<ReportedDevices.ClaimDevice> claims(PodResources pod, boolean foreign) {
        return pod.getContainersList().stream()
                .flatMap(container -> container.getDynamicResourcesList().stream())
                .flatMap(claim -> claim.getClaimResourcesList().stream()
                        .filter(device -> foreign || device.getDriverName().equals(Names.DRA_DRIVER))
                        .map(device -> new ReportedDevices.ClaimDevice(
                                NamespacedName.of(pod.getNamespace(), pod.getName()),
                                NamespacedName.of(claim.getClaimNamespace(), claim.getClaimName()),
                                device.getDriverName(),
                                device.getPoolName(),
                                device.getDeviceName())))
                .distinct()
                .toList();
    }
}
