package dev.holdfast.plan;

import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughVM;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The world around one VM.
 *
 * @param vm      with its status as last written
 * @param pod     the pod of the VM's name, whoever's it is
 * @param nodes   what all agents report
 * @param classes the names of all device classes
 * @param claims  those that the VM names
 */
public record Observed(
        PassthroughVM vm, Optional<Pod> pod, List<PassthroughNode> nodes, Set<String> classes, Claims claims) {
    public Observed {
        nodes = List.copyOf(nodes);
        classes = Set.copyOf(classes);
    }

    /** Where nobody looked at claims. */
    public Observed(PassthroughVM vm, Optional<Pod> pod, List<PassthroughNode> nodes, Set<String> classes) {
        this(vm, pod, nodes, classes, Claims.unknown());
    }

    /** The claims that the VM names, each once. */
    public static List<String> claimsOf(PassthroughVM vm) {
        return vm.getSpec() == null ? List.of() : Volumes.claims(vm.getSpec());
    }

    /** The same world once the pod was made. */
    public Observed with(Pod created) {
        return new Observed(vm, Optional.of(created), nodes, classes, claims);
    }

    /** Whether the VM is the pod's controller: a name alone proves nothing. */
    static boolean controls(PassthroughVM vm, Pod pod) {
        return pod.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner -> Boolean.TRUE.equals(owner.getController())
                        && owner.getUid().equals(vm.getMetadata().getUid()));
    }
}
