package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.SpecBasics;
import dev.holdfast.plan.observed.InspectedNode;
import dev.holdfast.plan.observed.VolumeClaims;
import dev.holdfast.plan.pod.StateClaim;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The world around one VM.
 *
 * @param vm      with its status as last written
 * @param pod     the pod of the VM's name, whoever's it is
 * @param nodes   what all agents report
 * @param classes the names of all device classes
 * @param claims  those that the VM names
 * @param machine of the VM's spec
 * @param inspected nodes and their reports as the API server had them after it was known which pod there is; by name
 */
public record ObservedState(
        PassthroughVM vm,
        MachineSpec.Result machine,
        Optional<Pod> pod,
        List<PassthroughNode> nodes,
        Set<String> classes,
        VolumeClaims claims,
        Map<String, InspectedNode> inspected) {
    public ObservedState {
        nodes = List.copyOf(nodes);
        classes = Set.copyOf(classes);
        inspected = Map.copyOf(inspected);
    }

    /** Where no node was inspected. */
    public ObservedState(
            PassthroughVM vm,
            Optional<Pod> pod,
            List<PassthroughNode> nodes,
            Set<String> classes,
            VolumeClaims claims) {
        this(vm, MachineSpec.of(vm.getSpec()), pod, nodes, classes, claims, Map.of());
    }

    /** Where nobody looked at claims. */
    public ObservedState(PassthroughVM vm, Optional<Pod> pod, List<PassthroughNode> nodes, Set<String> classes) {
        this(vm, pod, nodes, classes, VolumeClaims.unknown());
    }

    /** The claims that the VM names, each once. */
    public static List<String> claimsOf(PassthroughVM vm) {
        return SpecBasics.claims(vm.getSpec());
    }

    /** The machine of a valid spec. */
    Optional<MachineSpec> valid() {
        return machine instanceof MachineSpec.Valid valid ? Optional.of(valid.machine()) : Optional.empty();
    }

    /** The claims that the VM's pod mounts: those that it names, and the one for its own state. */
    public static List<String> mountedClaims(PassthroughVM vm) {
        return Stream.concat(claimsOf(vm).stream(), StateClaim.nameOf(vm).stream())
                .toList();
    }

    /** The same world once the pod was made. */
    public ObservedState with(Pod created) {
        return new ObservedState(vm, machine, Optional.of(created), nodes, classes, claims, inspected);
    }

    /** The same world with what nodes were found to be. */
    public ObservedState with(Map<String, InspectedNode> found) {
        return new ObservedState(vm, machine, pod, nodes, classes, claims, found);
    }

    /** Whether the VM is the pod's controller: a name alone proves nothing. */
    static boolean controls(PassthroughVM vm, Pod pod) {
        return controller(pod)
                .filter(owner -> owner.getUid().equals(vm.getMetadata().getUid()))
                .isPresent();
    }

    /** Whether a VM that had this one's name, and was deleted, controls it. */
    static boolean isFormer(PassthroughVM vm, HasMetadata owned) {
        return controller(owned)
                .filter(owner -> vm.getKind().equals(owner.getKind())
                        && vm.getMetadata().getName().equals(owner.getName())
                        && !owner.getUid().equals(vm.getMetadata().getUid()))
                .isPresent();
    }

    private static Optional<OwnerReference> controller(HasMetadata owned) {
        return owned.getMetadata().getOwnerReferences().stream()
                .filter(owner -> Boolean.TRUE.equals(owner.getController()))
                .findFirst();
    }
}
