package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.claims.ClaimObstacle;
import dev.holdfast.plan.claims.DynamicResources;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.TolerantSpec;
import dev.holdfast.plan.observed.InspectedNode;
import dev.holdfast.plan.observed.ReportedNodes;
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
 * The observed state of a VM and its surroundings.
 *
 * @param vm        the VM with its status as last written
 * @param spec      the VM's spec, to be read
 * @param pod       the pod of the VM's name, with any owner
 * @param nodes     reports of all agents
 * @param classes   the names of all device classes
 * @param claims    the claims that the VM uses
 * @param dynamic   objects of Dynamic Resource Allocation
 * @param inspected nodes and their reports, read from the API server after the pod was read; by name
 */
public record ObservedState(
        PassthroughVM vm,
        ReadOnce spec,
        Optional<Pod> pod,
        ReportedNodes nodes,
        Set<String> classes,
        VolumeClaims claims,
        DynamicResources dynamic,
        Map<String, InspectedNode> inspected) {
    public ObservedState {
        classes = Set.copyOf(classes);
        inspected = Map.copyOf(inspected);
    }

    /** Creates a state without inspected nodes and objects of Dynamic Resource Allocation. */
    public ObservedState(
            PassthroughVM vm, Optional<Pod> pod, ReportedNodes nodes, Set<String> classes, VolumeClaims claims) {
        this(vm, new ReadOnce(vm.getSpec()), pod, nodes, classes, claims, DynamicResources.unknown(), Map.of());
    }

    /** Returns the names of the claims in the VM's spec. */
    public static List<String> claimsOf(PassthroughVM vm) {
        return TolerantSpec.claims(vm.getSpec());
    }

    /** Returns the machine, or why the spec has none. */
    MachineSpec.Result machine() {
        return spec.machine();
    }

    /** Returns the machine of a valid spec; empty for an invalid one. */
    Optional<MachineSpec> valid() {
        return machine() instanceof MachineSpec.Valid valid ? Optional.of(valid.machine()) : Optional.empty();
    }

    /** Returns the obstacles of the machine's claims; empty for an invalid spec. */
    Optional<ClaimObstacle> claimObstacle() {
        return valid().map(valid -> new ClaimObstacle(vm.getMetadata().getName(), valid, dynamic));
    }

    /** Returns the names of the claims that the VM's pod mounts: those in its spec, and the one for its own state. */
    public static List<String> mountedClaims(PassthroughVM vm) {
        return Stream.concat(claimsOf(vm).stream(), StateClaim.nameOf(vm).stream())
                .toList();
    }

    /** Returns the state after the pod was created. */
    public ObservedState with(Pod created) {
        return new ObservedState(vm, spec, Optional.of(created), nodes, classes, claims, dynamic, inspected);
    }

    /** Returns the state with these objects of Dynamic Resource Allocation. */
    public ObservedState with(DynamicResources found) {
        return new ObservedState(vm, spec, pod, nodes, classes, claims, found, inspected);
    }

    /** Returns the state with these inspected nodes. */
    public ObservedState with(Map<String, InspectedNode> found) {
        return new ObservedState(vm, spec, pod, nodes, classes, claims, dynamic, found);
    }

    /** Returns whether the VM is the pod's controller; the same name does not prove that. */
    static boolean controls(PassthroughVM vm, Pod pod) {
        return controller(pod)
                .filter(owner -> owner.getUid().equals(vm.getMetadata().getUid()))
                .isPresent();
    }

    /** Returns whether the object's controller is a deleted VM of the same name. */
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
