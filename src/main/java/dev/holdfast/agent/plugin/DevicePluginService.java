package dev.holdfast.agent.plugin;

import dev.holdfast.agent.kubelet.v1beta1.AllocateRequest;
import dev.holdfast.agent.kubelet.v1beta1.AllocateResponse;
import dev.holdfast.agent.kubelet.v1beta1.CDIDevice;
import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateRequest;
import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateResponse;
import dev.holdfast.agent.kubelet.v1beta1.ContainerPreferredAllocationRequest;
import dev.holdfast.agent.kubelet.v1beta1.ContainerPreferredAllocationResponse;
import dev.holdfast.agent.kubelet.v1beta1.DevicePluginGrpc;
import dev.holdfast.agent.kubelet.v1beta1.DevicePluginOptions;
import dev.holdfast.agent.kubelet.v1beta1.Empty;
import dev.holdfast.agent.kubelet.v1beta1.ListAndWatchResponse;
import dev.holdfast.agent.kubelet.v1beta1.PreferredAllocationRequest;
import dev.holdfast.agent.kubelet.v1beta1.PreferredAllocationResponse;
import dev.holdfast.pci.GroupId;
import dev.holdfast.text.LogKeys;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Device plugin service (v1beta1) for the devices of one class.
 *
 * <p>Allocate names no pod, may be called twice and is never undone, so nothing depends on it for long: the pods that
 * hold devices are read from the pod resources of the kubelet.
 */
final class DevicePluginService extends DevicePluginGrpc.DevicePluginImplBase {
    static final DevicePluginOptions OPTIONS = DevicePluginOptions.newBuilder()
            .setGetPreferredAllocationAvailable(true)
            .build();

    private static final Logger log = LoggerFactory.getLogger(DevicePluginService.class);

    private final String resource;
    private final Path grantDirectory;
    private final Function<GroupId, String> cdiName;
    private final AllocationGate gate;
    private final Runnable allocated;
    private final List<StreamObserver<ListAndWatchResponse>> watchers = new ArrayList<>();
    private List<PluginDevice> devices = List.of();

    /**
     * Creates the service; no device is offered yet.
     *
     * @param grantDirectory directory of the grant socket on the node
     * @param cdiName        returns the CDI name of a group, from its ID
     * @param gate           can refuse each allocation
     * @param allocated      called after each allocation; must not block
     */
    DevicePluginService(
            String resource,
            Path grantDirectory,
            Function<GroupId, String> cdiName,
            AllocationGate gate,
            Runnable allocated) {
        this.resource = resource;
        this.grantDirectory = grantDirectory;
        this.cdiName = cdiName;
        this.gate = gate;
        this.allocated = allocated;
    }

    /** Replaces the offered devices, and sends a change to every watcher. */
    synchronized void offer(List<PluginDevice> now) {
        if (now.equals(devices)) {
            return;
        }
        devices = List.copyOf(now);
        ListAndWatchResponse list = list();
        watchers.forEach(watcher -> watcher.onNext(list));
    }

    @Override
    public void getDevicePluginOptions(Empty request, StreamObserver<DevicePluginOptions> answer) {
        answer.onNext(OPTIONS);
        answer.onCompleted();
    }

    /** Selects from the devices that the topology manager of the kubelet leaves after its choice of NUMA nodes. */
    @Override
    public void getPreferredAllocation(
            PreferredAllocationRequest request, StreamObserver<PreferredAllocationResponse> answer) {
        PreferredAllocationResponse.Builder response = PreferredAllocationResponse.newBuilder();
        for (ContainerPreferredAllocationRequest container : request.getContainerRequestsList()) {
            List<GroupId> preferred = PreferredAllocation.of(
                    offered(groups(container.getAvailableDeviceIDsList())),
                    groups(container.getMustIncludeDeviceIDsList()),
                    container.getAllocationSize());
            response.addContainerResponses(ContainerPreferredAllocationResponse.newBuilder()
                    .addAllDeviceIDs(preferred.stream().map(GroupId::toString).toList()));
        }
        answer.onNext(response.build());
        answer.onCompleted();
    }

    /** Sends the full list at once and after every change, until the kubelet disconnects. */
    @Override
    public synchronized void listAndWatch(Empty request, StreamObserver<ListAndWatchResponse> answer) {
        ((ServerCallStreamObserver<ListAndWatchResponse>) answer).setOnCancelHandler(() -> forget(answer));
        watchers.add(answer);
        answer.onNext(list());
    }

    @Override
    public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> answer) {
        try {
            AllocateResponse.Builder response = AllocateResponse.newBuilder();
            for (ContainerAllocateRequest container : request.getContainerRequestsList()) {
                response.addContainerResponses(edits(container.getDevicesIdsList()));
                log.atInfo()
                        .addKeyValue(LogKeys.RESOURCE, resource)
                        .addKeyValue(LogKeys.DEVICES, container.getDevicesIdsList())
                        .log("allocated");
            }
            answer.onNext(response.build());
            answer.onCompleted();
            allocated.run();
        } catch (StatusException e) {
            log.atWarn()
                    .addKeyValue(LogKeys.RESOURCE, resource)
                    .addKeyValue(LogKeys.MESSAGE, e.getStatus().getDescription())
                    .log("allocation refused");
            answer.onError(e);
        }
    }

    private ContainerAllocateResponse edits(List<String> ids) throws StatusException {
        ContainerAllocateResponse.Builder edits =
                ContainerAllocateResponse.newBuilder().addMounts(GrantMount.of(grantDirectory));
        List<GroupId> groups = new ArrayList<>();
        for (String id : ids) {
            GroupId group = usable(id);
            groups.add(group);
            edits.addCdiDevices(CDIDevice.newBuilder().setName(cdiName.apply(group)));
        }
        Optional<String> refused = gate.allocate(groups);
        if (refused.isPresent()) {
            throw Status.FAILED_PRECONDITION.withDescription(refused.get()).asException();
        }
        return edits.build();
    }

    /** Returns the groups among device IDs of the kubelet. */
    private static Set<GroupId> groups(List<String> ids) {
        return ids.stream().flatMap(id -> GroupId.parse(id).stream()).collect(Collectors.toSet());
    }

    private synchronized List<PluginDevice> offered(Set<GroupId> ids) {
        return devices.stream().filter(device -> ids.contains(device.id())).toList();
    }

    /** Returns the group of a device ID of the kubelet. */
    private synchronized GroupId usable(String id) throws StatusException {
        PluginDevice device = devices.stream()
                .filter(offered -> offered.id().toString().equals(id))
                .findFirst()
                .orElseThrow(() -> Status.NOT_FOUND
                        .withDescription(resource + " has no device " + id
                                + " on this node, or no longer; delete the pod, so that it is scheduled again")
                        .asException());
        if (device.obstacle() != null) {
            throw Status.FAILED_PRECONDITION.withDescription(device.obstacle()).asException();
        }
        return device.id();
    }

    private synchronized void forget(StreamObserver<ListAndWatchResponse> watcher) {
        watchers.remove(watcher);
    }

    private ListAndWatchResponse list() {
        ListAndWatchResponse.Builder list = ListAndWatchResponse.newBuilder();
        devices.forEach(device -> list.addDevices(device.message()));
        return list.build();
    }
}
