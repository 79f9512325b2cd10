package dev.holdfast.testbed.cluster;

import static dev.holdfast.testbed.Progress.eventually;

import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A node without a machine: the scheduler sees it, and the test plays its kubelet, as administrator, and its agent,
 * under the agent's own token.
 */
public final class HandMadeNode {
    public static final String POD_IP = "10.1.2.3";
    /** The margin of the policy Exact. */
    private static final long MARGIN = 1048576;

    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(Names.AGENT)
            .withForce(true)
            .build();

    private final KubernetesClient kubelet;
    private final KubernetesClient agent;
    private final String name;
    private final String deviceClass;
    private final int devices;
    private final List<Grant> grants = new ArrayList<>();

    private HandMadeNode(
            KubernetesClient kubelet, KubernetesClient agent, String name, String deviceClass, int devices) {
        this.deviceClass = deviceClass;
        this.devices = devices;
        this.kubelet = kubelet;
        this.agent = agent;
        this.name = name;
    }

    /** Makes the node, with so many devices of a class, and waits until pods may go there. */
    public static HandMadeNode join(RealCluster cluster, String name, String deviceClass, int devices) {
        KubernetesClient admin = cluster.admin();
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        Map<String, Quantity> resources = Map.of(
                "cpu",
                new Quantity("64"),
                "memory",
                new Quantity("1Ti"),
                "ephemeral-storage",
                new Quantity("1Ti"),
                "pods",
                new Quantity("110"),
                Names.resourceOf(deviceClass),
                new Quantity(Integer.toString(devices)));
        admin.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .addToLabels("kubernetes.io/hostname", name)
                        .addToLabels("kubernetes.io/os", "linux")
                        .addToLabels("kubernetes.io/arch", "amd64")
                        .endMetadata()
                        .withNewStatus()
                        .withCapacity(resources)
                        .withAllocatable(resources)
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .withReason("KubeletReady")
                        .withMessage("made by hand")
                        .withLastHeartbeatTime(now)
                        .withLastTransitionTime(now)
                        .endCondition()
                        .endStatus()
                        .build())
                .create();
        eventually(name + " takes pods")
                .until(() ->
                        admin.nodes().withName(name).get().getSpec().getTaints().isEmpty());
        PassthroughDeviceClass named = new PassthroughDeviceClass();
        named.setMetadata(new ObjectMetaBuilder().withName(deviceClass).build());
        named.setSpec(Serialization.unmarshal(
                "selectors: [{vendorID: \"10de\", deviceID: \"20b0\"}]", PassthroughDeviceClassSpec.class));
        admin.resource(named).serverSideApply();
        HandMadeNode node = new HandMadeNode(admin, cluster.agent(name), name, deviceClass, devices);
        PassthroughNode object = node.named();
        object.addOwnerReference(admin.nodes().withName(name).get());
        node.agent.resource(object).patch(APPLY, object);
        node.report();
        return node;
    }

    public String name() {
        return name;
    }

    /** Waits until the scheduler has sent the pod of this VM here. */
    public Pod await(Vms vms, String vm) {
        return Objects.requireNonNull(eventually(vm + " is on " + name)
                .until(
                        () -> vms.pod(vm),
                        pod -> pod != null && name.equals(pod.getSpec().getNodeName())));
    }

    /** The whole start: scheduled, container running, granted. */
    public Grant start(Vms vms, String vm) {
        startContainer(await(vms, vm));
        eventually(vm + " has its plan").until(() -> vms.isBound(vm));
        return grant(vms, vm);
    }

    /** The container of a VM's pod runs. */
    public void startContainer(Pod pod) {
        report(pod, "Running", running());
    }

    /** The container of a VM's pod has failed. */
    public void failContainer(Pod pod) {
        String now = Instant.now().toString();
        report(
                pod,
                "Failed",
                new ContainerStateBuilder()
                        .withNewTerminated()
                        .withExitCode(1)
                        .withReason("Error")
                        .withStartedAt(now)
                        .withFinishedAt(now)
                        .endTerminated()
                        .build());
    }

    /** A pod of Holdfast runs, and is reached under this address. */
    public void runAt(String address, Pod pod) {
        report(pod, "Running", running(), address);
    }

    private static ContainerState running() {
        return new ContainerStateBuilder()
                .withNewRunning()
                .withStartedAt(Instant.now().toString())
                .endRunning()
                .build();
    }

    private void report(Pod pod, String phase, ContainerState state) {
        report(pod, phase, state, POD_IP);
    }

    /** Writes the kubelet's status of a pod with one container. */
    private void report(Pod pod, String phase, ContainerState state, String address) {
        kubelet.pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .editStatus(live -> new PodBuilder(live)
                        .editStatus()
                        .withPhase(phase)
                        .withPodIP(address)
                        .withPodIPs(new PodIP(address))
                        .withContainerStatuses()
                        .addNewContainerStatus()
                        .withName(live.getSpec().getContainers().getFirst().getName())
                        .withImage("holdfast:test")
                        .withImageID("")
                        .withReady(state.getRunning() != null)
                        .withRestartCount(0)
                        .withState(state)
                        // Without them the API server takes it for a kubelet that cannot resize.
                        .withResources(live.getSpec().getContainers().getFirst().getResources())
                        .endContainerStatus()
                        .endStatus()
                        .build());
    }

    /** The kubelet's last word on a pod that is being deleted: nothing of it is left. */
    public void remove(Pod pod) {
        kubelet.pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .withGracePeriod(0)
                .delete();
    }

    /** QEMU runs under its limit: reported as the agent does. */
    public Grant grant(Vms vms, String vm) {
        return grant(vms, vm, 0);
    }

    /**
     * QEMU runs under its limit: reported as the agent does.
     *
     * @param excess bytes that the launcher measured above what the plan requires; at most the planned margin, 0 for no
     *               measurement
     */
    public Grant grant(Vms vms, String vm, long excess) {
        PassthroughVM object = vms.get(vm);
        var memlock = Objects.requireNonNull(object.getStatus().memlock());
        long limit = Objects.requireNonNull(memlock.limitBytes());
        Grant grant = new Grant(
                Objects.requireNonNull(object.getStatus().podUID()),
                new VmReference(vms.namespace(), vm, object.getMetadata().getUid()),
                4000L + grants.size(),
                1000,
                List.of(new GrantedDevice("gpu0", List.of(free().findFirst().orElseThrow()), 14, null)),
                limit - MARGIN,
                excess == 0 ? null : limit - MARGIN + excess,
                limit,
                limit,
                limit - MARGIN,
                Instant.now().toString());
        grants.add(grant);
        report();
        return grant;
    }

    /** The process is gone. */
    public void end(Grant grant) {
        grants.remove(grant);
        report();
    }

    private void report() {
        PassthroughNode object = named();
        object.setStatus(new PassthroughNodeStatus(
                "boot-1", null, addresses().map(this::device).toList(), grants.isEmpty() ? null : List.copyOf(grants)));
        agent.resource(object).subresource("status").patch(APPLY, object);
    }

    private Stream<String> addresses() {
        return IntStream.rangeClosed(1, devices).mapToObj("0000:%02x:00.0"::formatted);
    }

    private Stream<String> free() {
        return addresses().filter(address -> !isHeld(address));
    }

    private boolean isHeld(String address) {
        return grants.stream()
                .flatMap(grant -> grant.devices().stream())
                .anyMatch(device -> device.pciAddresses().contains(address));
    }

    private Device device(String address) {
        return DeviceBuilder.at(address)
                .ids("10de:20b0")
                .classCode("030200")
                .driver("vfio-pci")
                .group(14, address, address)
                .deviceClass(deviceClass)
                .state(isHeld(address) ? DeviceState.Allocated : DeviceState.Free)
                .build();
    }

    private PassthroughNode named() {
        PassthroughNode node = new PassthroughNode();
        node.setMetadata(new ObjectMetaBuilder().withName(name).build());
        return node;
    }

    /** The Node object is deleted, and with it, by the garbage collector, what the agent said of it. */
    public void leave() {
        kubelet.nodes().withName(name).delete();
    }
}
