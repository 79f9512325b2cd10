package dev.holdfast.plan;

import dev.holdfast.api.DeviceBuilder;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus.Bar;
import dev.holdfast.api.node.PassthroughNodeStatus.BarType;
import dev.holdfast.api.node.PassthroughNodeStatus.Device;
import dev.holdfast.api.node.PassthroughNodeStatus.Grant;
import dev.holdfast.api.node.PassthroughNodeStatus.GrantedDevice;
import dev.holdfast.api.node.PassthroughNodeStatus.State;
import dev.holdfast.api.node.PassthroughNodeStatus.VmReference;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.RunStrategy;
import dev.holdfast.plan.lifecycle.Action;
import dev.holdfast.plan.lifecycle.ObservedState;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.plan.lifecycle.VmPlan;
import dev.holdfast.plan.observed.InspectedNode;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.plan.pod.VmPod;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A VM and what may be around it. */
public final class Samples {
    public static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    public static final OperatorSettings DEFAULTS = OperatorSettings.of("launcher:test", false);
    public static final String NODE = "node-1";
    public static final String VM_UID = "8c5e9b6e-3a6b-4f5e-9d3c-0d3a4c1f2b11";
    public static final String CLASS = "test-gpu";
    public static final Set<String> CLASSES = Set.of(CLASS);

    private static final String VM = """
            apiVersion: holdfast.dev/v1alpha1
            kind: PassthroughVM
            metadata: {namespace: lab, name: gpu-vm, uid: %s, generation: 1}
            spec:
              runStrategy: %s
              memory: {guest: 128Mi}
              devices: {gpus: [{name: gpu0, deviceName: holdfast.dev/test-gpu}]}
            """;

    private Samples() {}

    public static PassthroughVM vm() {
        return Serialization.unmarshal(VM.formatted(VM_UID, "Always"), PassthroughVM.class);
    }

    public static PassthroughVM halted() {
        return vm(RunStrategy.Halted);
    }

    public static PassthroughVM vm(RunStrategy strategy) {
        return Serialization.unmarshal(VM.formatted(VM_UID, strategy), PassthroughVM.class);
    }

    /** The VM of {@code yaml}, a spec. */
    public static PassthroughVM vm(String yaml) {
        PassthroughVM vm = vm();
        vm.setSpec(Serialization.unmarshal("spec:\n" + yaml.indent(2), PassthroughVM.class)
                .getSpec());
        return vm;
    }

    public static PassthroughVM with(PassthroughVM vm, @Nullable PassthroughVMStatus status) {
        vm.setStatus(status);
        return vm;
    }

    /** Our pod as the API server has it just after the create. */
    public static Pod pod(String uid) {
        return new PodBuilder(((PodPlan.Ready) VmPod.of(vm(), DEFAULTS.pod())).pod())
                .editMetadata()
                .withUid(uid)
                .withCreationTimestamp(ago(1))
                .endMetadata()
                .withNewStatus()
                .withPhase("Pending")
                .endStatus()
                .build();
    }

    /** What is decided when the API server, asked past the caches, says no more than they do. */
    public static VmPlan planned(ObservedState observed, OperatorSettings defaults, Instant now) {
        VmPlan plan = VmPlan.of(observed, defaults, now);
        if (!(plan.action() instanceof Action.InspectNodes inspect)) {
            return plan;
        }
        return VmPlan.of(
                observed.with(inspect.names().stream()
                        .collect(Collectors.toMap(Function.identity(), name -> inService(name, observed.nodes())))),
                defaults,
                now);
    }

    private static InspectedNode inService(String name, List<PassthroughNode> reports) {
        return new InspectedNode(
                Optional.of(Instant.EPOCH),
                false,
                reports.stream()
                        .filter(report -> report.getMetadata().getName().equals(name))
                        .findFirst());
    }

    public static Pod foreign(Pod pod) {
        return ownedBy("ReplicaSet", pod);
    }

    /** The pod of a VM that had the same name. */
    public static Pod former(Pod pod) {
        return ownedBy("PassthroughVM", pod);
    }

    private static Pod ownedBy(String kind, Pod pod) {
        return new PodBuilder(pod)
                .editMetadata()
                .editFirstOwnerReference()
                .withKind(kind)
                .withUid("someone-else")
                .endOwnerReference()
                .endMetadata()
                .build();
    }

    public static Pod leaving(Pod pod) {
        return new PodBuilder(pod)
                .editMetadata()
                .withDeletionTimestamp(ago(0))
                .endMetadata()
                .build();
    }

    /** On its way out, as a drain makes it. */
    public static Pod drained(Pod pod) {
        return new PodBuilder(leaving(pod))
                .editStatus()
                .addNewCondition()
                .withType("DisruptionTarget")
                .withStatus("True")
                .withReason("EvictionByEvictionAPI")
                .withMessage("Eviction API: evicting")
                .endCondition()
                .endStatus()
                .build();
    }

    public static Pod unschedulable(Pod pod, String message) {
        return with(
                pod,
                new PodStatusBuilder()
                        .withPhase("Pending")
                        .addNewCondition()
                        .withType("PodScheduled")
                        .withStatus("False")
                        .withMessage(message)
                        .endCondition()
                        .build());
    }

    public static Pod scheduled(Pod pod, long secondsAgo) {
        return onNode(
                pod,
                new PodStatusBuilder()
                        .withPhase("Pending")
                        .addNewCondition()
                        .withType("PodScheduled")
                        .withStatus("True")
                        .withLastTransitionTime(ago(secondsAgo))
                        .endCondition()
                        .build());
    }

    public static Pod waiting(Pod pod, String reason, String message) {
        return onNode(
                pod,
                status(
                        "Pending",
                        new ContainerStateBuilder()
                                .withNewWaiting()
                                .withReason(reason)
                                .withMessage(message)
                                .endWaiting()
                                .build()));
    }

    public static Pod started(Pod pod, long secondsAgo) {
        return onNode(
                pod,
                status(
                        "Running",
                        new ContainerStateBuilder()
                                .withNewRunning()
                                .withStartedAt(ago(secondsAgo))
                                .endRunning()
                                .build()));
    }

    public static Pod ended(Pod pod, int exitCode, Duration ran, @Nullable String message) {
        return onNode(
                pod,
                status(
                        exitCode == 0 ? "Succeeded" : "Failed",
                        new ContainerStateBuilder()
                                .withNewTerminated()
                                .withExitCode(exitCode)
                                .withMessage(message)
                                .withStartedAt(NOW.minusSeconds(1).minus(ran).toString())
                                .withFinishedAt(ago(1))
                                .endTerminated()
                                .build()));
    }

    public static Pod rejected(Pod pod, String reason, String message) {
        return onNode(
                pod,
                new PodStatusBuilder()
                        .withPhase("Failed")
                        .withReason(reason)
                        .withMessage(message)
                        .build());
    }

    public static PassthroughNode node(List<Device> devices, Grant... grants) {
        PassthroughNode node = new PassthroughNode();
        node.setMetadata(new ObjectMetaBuilder().withName(NODE).build());
        node.setStatus(new PassthroughNodeStatus("boot", null, devices, List.of(grants)));
        return node;
    }

    public static Device device(String address, State state, @Nullable String message) {
        return DeviceBuilder.at(address)
                .group(null, address)
                .message(message)
                .deviceClass(CLASS)
                .state(state)
                .build();
    }

    /** A free GPU with a memory BAR of that size. */
    public static Device gpu(long barBytes) {
        return DeviceBuilder.at("0000:01:00.0")
                .group(null, "0000:01:00.0")
                .deviceClass(CLASS)
                .bars(new Bar(0, barBytes, BarType.mem64, true))
                .build();
    }

    public static Grant grant(String podUid, String vmUid, @Nullable Long lockedBytes) {
        return new Grant(
                podUid,
                new VmReference("lab", "gpu-vm", vmUid),
                4242,
                99,
                List.of(new GrantedDevice("gpu0", List.of("0000:01:00.0"), 14, null)),
                134217728L,
                null,
                135528448,
                135528448,
                lockedBytes,
                ago(1));
    }

    public static String ago(long seconds) {
        return NOW.minusSeconds(seconds).toString();
    }

    public static String resource() {
        return Names.resourceOf(CLASS);
    }

    private static PodStatus status(String phase, ContainerState state) {
        return new PodStatusBuilder()
                .withPhase(phase)
                .withContainerStatuses(new ContainerStatusBuilder()
                        .withName(Names.QEMU_CONTAINER)
                        .withState(state)
                        .build())
                .build();
    }

    private static Pod onNode(Pod pod, PodStatus status) {
        return with(new PodBuilder(pod).editSpec().withNodeName(NODE).endSpec().build(), status);
    }

    private static Pod with(Pod pod, PodStatus status) {
        return new PodBuilder(pod).withStatus(status).build();
    }
}
