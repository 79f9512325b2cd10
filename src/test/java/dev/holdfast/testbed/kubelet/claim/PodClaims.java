package dev.holdfast.testbed.kubelet.claim;

import dev.holdfast.agent.kubelet.dra.v1.Claim;
import dev.holdfast.agent.kubelet.dra.v1.NodePrepareResourceResponse;
import dev.holdfast.agent.kubelet.v1.ClaimResource;
import dev.holdfast.agent.kubelet.v1.DynamicResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodResourceClaim;
import io.fabric8.kubernetes.api.model.PodResourceClaimStatus;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The claims of this node's pods, as the kubelet's DRA manager has them: prepared before the container starts, and
 * unprepared before the pod is said to have ended. A claim serves one pod here, with all of its requests.
 */
public final class PodClaims {
    private static final Logger log = LoggerFactory.getLogger(PodClaims.class);

    private final DraDrivers drivers;
    private final BiFunction<String, String, @Nullable ResourceClaim> api;
    /** Read while a driver prepares a claim: it asks for the pod resources. */
    private final Map<String, List<Prepared>> pods = new ConcurrentHashMap<>();

    /** A claim at one driver. It is kept before the driver is asked: that may do it and not be able to answer. */
    private record Prepared(String driver, Claim claim, List<dev.holdfast.agent.kubelet.dra.v1.Device> devices) {}

    /** What keeps a pod from its start for now; it is tried again. */
    public static final class Unprepared extends Exception {
        private static final long serialVersionUID = 1;

        Unprepared(String message) {
            super(message);
        }
    }

    /** @param api a claim by namespace and name; null when there is none */
    public PodClaims(DraDrivers drivers, BiFunction<String, String, @Nullable ResourceClaim> api) {
        this.drivers = drivers;
        this.api = api;
    }

    /** The names of the CDI devices of all claims of a pod. */
    public synchronized List<String> prepare(Pod pod) throws Unprepared {
        List<String> cdi = new ArrayList<>();
        for (PodResourceClaim named : pod.getSpec().getResourceClaims()) {
            ResourceClaim claim = claim(pod, named);
            List<String> needed = claim.getStatus().getAllocation().getDevices().getResults().stream()
                    .map(DeviceRequestAllocationResult::getDriver)
                    .distinct()
                    .toList();
            for (String driver : needed) {
                prepare(pod, driver, claim).forEach(device -> cdi.addAll(device.getCdiDeviceIdsList()));
            }
        }
        return cdi;
    }

    /** Whether nothing of the pod is prepared any more; false is tried again. */
    public synchronized boolean unprepare(String podUid) {
        for (Prepared prepared : List.copyOf(pods.getOrDefault(podUid, List.of()))) {
            try {
                String uid = prepared.claim().getUid();
                String error = Objects.requireNonNull(driver(prepared.driver())
                                .unprepare(prepared.claim())
                                .get(uid))
                        .getError();
                if (!error.isEmpty()) {
                    throw new Unprepared(error);
                }
                Objects.requireNonNull(pods.get(podUid)).remove(prepared);
            } catch (Unprepared | StatusRuntimeException e) {
                log.atWarn()
                        .addKeyValue("claim", prepared.claim().getName())
                        .addKeyValue("cause", e.getMessage())
                        .log("Claim is not unprepared");
                return false;
            }
        }
        pods.remove(podUid);
        return true;
    }

    /** What the pod resources service says of a pod; the same for each container that names a claim. */
    public List<DynamicResource> of(String podUid) {
        return pods.getOrDefault(podUid, List.of()).stream()
                .filter(prepared -> !prepared.devices().isEmpty())
                .map(prepared -> {
                    DynamicResource.Builder resource = DynamicResource.newBuilder()
                            .setClaimName(prepared.claim().getName())
                            .setClaimNamespace(prepared.claim().getNamespace());
                    prepared.devices()
                            .forEach(device -> resource.addClaimResources(ClaimResource.newBuilder()
                                    .setDriverName(prepared.driver())
                                    .setPoolName(device.getPoolName())
                                    .setDeviceName(device.getDeviceName())));
                    return resource.build();
                })
                .toList();
    }

    /** As a kubelet that starts: drivers have to be found again, claims stay. */
    public synchronized void forgetDrivers() {
        drivers.close();
    }

    private ResourceClaim claim(Pod pod, PodResourceClaim named) throws Unprepared {
        String name = named.getResourceClaimName() != null
                ? named.getResourceClaimName()
                : statuses(pod)
                        .filter(status -> status.getName().equals(named.getName()))
                        .map(PodResourceClaimStatus::getResourceClaimName)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElseThrow(() -> new Unprepared("ResourceClaim not created yet"));
        ResourceClaim claim = api.apply(pod.getMetadata().getNamespace(), name);
        if (claim == null) {
            throw new Unprepared("fetch ResourceClaim " + name + ": not found");
        }
        boolean reserved = claim.getStatus() != null
                && claim.getStatus().getReservedFor().stream()
                        .anyMatch(user -> user.getUid().equals(pod.getMetadata().getUid()));
        if (!reserved || claim.getStatus().getAllocation() == null) {
            throw new Unprepared("pod " + pod.getMetadata().getName() + " is not allowed to use ResourceClaim " + name);
        }
        return claim;
    }

    private static Stream<PodResourceClaimStatus> statuses(Pod pod) {
        return pod.getStatus() == null ? Stream.of() : pod.getStatus().getResourceClaimStatuses().stream();
    }

    private List<dev.holdfast.agent.kubelet.dra.v1.Device> prepare(Pod pod, String driver, ResourceClaim claim)
            throws Unprepared {
        DriverConnection connection = driver(driver);
        Claim request = Claim.newBuilder()
                .setNamespace(claim.getMetadata().getNamespace())
                .setName(claim.getMetadata().getName())
                .setUid(claim.getMetadata().getUid())
                .build();
        List<Prepared> ofPod = pods.computeIfAbsent(pod.getMetadata().getUid(), any -> new CopyOnWriteArrayList<>());
        ofPod.removeIf(known -> known.driver().equals(driver) && known.claim().equals(request));
        ofPod.add(new Prepared(driver, request, List.of()));
        try {
            NodePrepareResourceResponse answer =
                    Objects.requireNonNull(connection.prepare(request).get(request.getUid()));
            if (!answer.getError().isEmpty()) {
                throw new Unprepared("NodePrepareResources failed for ResourceClaim " + request.getName() + ": "
                        + answer.getError());
            }
            ofPod.set(ofPod.size() - 1, new Prepared(driver, request, answer.getDevicesList()));
            return answer.getDevicesList();
        } catch (StatusRuntimeException e) {
            throw new Unprepared("NodePrepareResources: " + e.getMessage());
        }
    }

    private DriverConnection driver(String name) throws Unprepared {
        try {
            drivers.look();
        } catch (IOException e) {
            throw new Unprepared("cannot look for DRA drivers: " + e.getMessage());
        }
        return drivers.find(name).orElseThrow(() -> new Unprepared("DRA driver " + name + " is not registered"));
    }
}
