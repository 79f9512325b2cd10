package dev.holdfast.app;

import static org.awaitility.Awaitility.await;

import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.status.StatusPlan;
import dev.holdfast.testbed.apiserver.MockApiServer;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import dev.holdfast.testbed.fixtures.SpecYaml;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An API server with a VM and related objects, in which the test acts as user, scheduler, kubelet and agent. */
public final class VmWorld implements AutoCloseable {
    static final String NODE = "node-1";
    static final String NAME = "gpu-vm";
    static final String CLASS = "test-gpu";
    private static final String NAMESPACE = "default";

    private volatile boolean refusesStatus;

    public final MockApiServer server = MockApiServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Clock.systemUTC(), () -> refusesStatus);
    public final KubernetesClient client = server.client();

    public VmWorld() {
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(NODE)
                        .endMetadata()
                        .build())
                .create();
        PassthroughNode node = new PassthroughNode();
        node.setMetadata(new ObjectMetaBuilder().withName(NODE).build());
        client.resource(node).create();
        report(DeviceState.Free, null);
        PassthroughDeviceClass deviceClass = new PassthroughDeviceClass();
        deviceClass.setMetadata(new ObjectMetaBuilder().withName(CLASS).build());
        client.resource(deviceClass).create();
    }

    // The user.

    /** Creates VMs that are halted, with numbers from {@code from} until below {@code to}. */
    public void createHaltedVms(int from, int to) {
        for (int i = from; i < to; i++) {
            createVm("halted-" + i, RunStrategy.Halted);
        }
    }

    /** Creates VMs with the status that a real API server gives a new VM, the default of the schema. */
    void createVms(int count) {
        for (int i = 0; i < count; i++) {
            PassthroughVM vm = createVm("vm-" + i, RunStrategy.Always);
            vm.setStatus(StatusPlan.before(vm).withObservedGeneration(-1L));
            client.resource(vm).updateStatus();
        }
    }

    public PassthroughVM createVm() {
        return createVm(NAME, RunStrategy.Always);
    }

    private PassthroughVM createVm(String name, RunStrategy strategy) {
        PassthroughVM vm = new PassthroughVM();
        vm.setMetadata(
                new ObjectMetaBuilder().withNamespace(NAMESPACE).withName(name).build());
        vm.setSpec(spec(strategy));
        return client.resource(vm).create();
    }

    /** Creates a VM whose UEFI variables outlive its pods. */
    void createVmWithState() {
        PassthroughVM vm = new PassthroughVM();
        vm.setMetadata(
                new ObjectMetaBuilder().withNamespace(NAMESPACE).withName(NAME).build());
        vm.setSpec(Serialization.unmarshal("""
                spec:
                  memory: {guest: 128Mi}
                  firmware: {bootloader: {efi: {persistent: true}}}
                  devices: {gpus: [{name: gpu0, deviceName: %s}]}
                """.formatted(Names.resourceOf(CLASS)), PassthroughVM.class)
                .getSpec());
        client.resource(vm).create();
    }

    void createForeignClaim() {
        client.resource(new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withNamespace(NAMESPACE)
                        .withName(NAME + "-state")
                        .endMetadata()
                        .build())
                .create();
    }

    void removeClaim() {
        client.persistentVolumeClaims()
                .inNamespace(NAMESPACE)
                .withName(NAME + "-state")
                .delete();
    }

    void run(RunStrategy strategy) {
        edit(vm -> {
            vm.setSpec(spec(strategy));
            return vm;
        });
    }

    /** {@code kubectl annotate --overwrite ptvm gpu-vm holdfast.dev/restartedAt=...}. */
    public void askForRestart(String at) {
        edit(vm -> {
            vm.getMetadata().setAnnotations(Map.of(Names.RESTARTED_AT_ANNOTATION, at));
            return vm;
        });
    }

    /** Edits the VM; retries when the operator wrote the status in between. */
    private void edit(UnaryOperator<PassthroughVM> change) {
        await().ignoreExceptionsMatching(
                        e -> e instanceof KubernetesClientException conflict && conflict.getCode() == 409)
                .until(() -> vmResource().edit(change) != null);
    }

    void deleteVm() {
        vmResource().delete();
    }

    /** From now on each write of the status of a VM fails. */
    public void refuseStatus() {
        refusesStatus = true;
    }

    /** Creates another VM, which names a device class that does not exist. */
    public void createSecondVm() {
        PassthroughVM second = new PassthroughVM();
        second.setMetadata(new ObjectMetaBuilder()
                .withNamespace(NAMESPACE)
                .withName("second-vm")
                .build());
        second.setSpec(SpecYaml.spec("""
                memory: {guest: 128Mi}
                devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/other}]}
                """));
        client.resource(second).create();
    }

    /** Removes the status. */
    void forgetStatus() {
        vmResource().editStatus(vm -> {
            vm.setStatus(null);
            return vm;
        });
    }

    PassthroughVM vm() {
        return Objects.requireNonNull(vmResource().get(), "the VM is gone");
    }

    public PassthroughVMStatus status() {
        PassthroughVMStatus status = vm().getStatus();
        return status == null ? PassthroughVMStatus.none() : status;
    }

    public @Nullable Phase phase() {
        return status().phase();
    }

    public String readyReason() {
        List<Condition> conditions = status().conditions();
        return conditions == null ? "" : conditions.getFirst().getReason();
    }

    List<Event> events() {
        return client.events().v1().events().inNamespace(NAMESPACE).list().getItems();
    }

    // The pod.

    @Nullable
    Pod pod() {
        return podResource().get();
    }

    public String podUid() {
        Pod pod = pod();
        return pod == null ? "" : pod.getMetadata().getUid();
    }

    void createForeignPod() {
        client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withNamespace(NAMESPACE)
                        .withName(NAME)
                        .endMetadata()
                        .withNewSpec()
                        .endSpec()
                        .build())
                .create();
    }

    public void schedule() {
        podResource()
                .edit(pod -> new PodBuilder(pod)
                        .editSpec()
                        .withNodeName(NODE)
                        .endSpec()
                        .build());
    }

    public void startContainer() {
        podStatus(new PodStatusBuilder()
                .withPhase("Running")
                .withContainerStatuses(new ContainerStatusBuilder()
                        .withName(Names.QEMU_CONTAINER)
                        .withState(new ContainerStateBuilder()
                                .withNewRunning()
                                .withStartedAt(Instant.now().toString())
                                .endRunning()
                                .build())
                        .build())
                .build());
    }

    void endContainer(int exitCode, @Nullable String message) {
        String now = Instant.now().toString();
        podStatus(new PodStatusBuilder()
                .withPhase(exitCode == 0 ? "Succeeded" : "Failed")
                .withContainerStatuses(new ContainerStatusBuilder()
                        .withName(Names.QEMU_CONTAINER)
                        .withState(new ContainerStateBuilder()
                                .withNewTerminated()
                                .withExitCode(exitCode)
                                .withMessage(message)
                                .withStartedAt(now)
                                .withFinishedAt(now)
                                .endTerminated()
                                .build())
                        .build())
                .build());
    }

    void refuseToSchedule(String message) {
        podStatus(new PodStatusBuilder()
                .withPhase("Pending")
                .addNewCondition()
                .withType("PodScheduled")
                .withStatus("False")
                .withReason("Unschedulable")
                .withMessage(message)
                .endCondition()
                .build());
    }

    /** Removes the object, as the kubelet does at the end. */
    public void removePod() {
        podResource().withGracePeriod(0).delete();
    }

    private void podStatus(PodStatus status) {
        podResource().editStatus(pod -> new PodBuilder(pod).withStatus(status).build());
    }

    // The agent.

    /** Reports the node's only device in this state, with this message and without grants. */
    public void report(DeviceState state, @Nullable String message) {
        status(new PassthroughNodeStatus("boot-1", null, List.of(device(state, message)), null));
    }

    /** Reports the grant for the current pod when QEMU runs, without a measurement. */
    public Grant grant() {
        return grant(null);
    }

    /** Reports the grant with the launcher's measurement. */
    Grant grant(@Nullable Long measuredBytes) {
        PassthroughVMStatus.Memlock memlock = Objects.requireNonNull(status().memlock());
        long limit = Objects.requireNonNull(memlock.limitBytes());
        Grant grant = new Grant(
                podUid(),
                new VmReference(NAMESPACE, NAME, vm().getMetadata().getUid()),
                4242,
                1000,
                List.of(new GrantedDevice("gpu0", List.of("0000:01:00.0", "0000:01:00.1"), 14, null)),
                limit - 1048576,
                measuredBytes,
                limit,
                limit,
                limit - 1048576,
                Instant.now().toString());
        status(new PassthroughNodeStatus("boot-1", null, List.of(device(DeviceState.Allocated, null)), List.of(grant)));
        return grant;
    }

    private void status(PassthroughNodeStatus status) {
        client.resources(PassthroughNode.class).withName(NODE).editStatus(node -> {
            node.setStatus(status);
            return node;
        });
    }

    private static Device device(DeviceState state, @Nullable String message) {
        return DeviceBuilder.at("0000:01:00.0")
                .driver("vfio-pci")
                .group(14, "0000:01:00.0", "0000:01:00.0", "0000:01:00.1")
                .deviceClass(CLASS)
                .message(message)
                .state(state)
                .build();
    }

    private static PassthroughVMSpec spec(RunStrategy strategy) {
        return SpecYaml.spec("""
                runStrategy: %s
                memory: {guest: 128Mi}
                devices: {gpus: [{name: gpu0, deviceName: %s}]}
                """.formatted(strategy, Names.resourceOf(CLASS)));
    }

    private Resource<PassthroughVM> vmResource() {
        return client.resources(PassthroughVM.class).inNamespace(NAMESPACE).withName(NAME);
    }

    private Resource<Pod> podResource() {
        return client.pods().inNamespace(NAMESPACE).withName(NAME);
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
