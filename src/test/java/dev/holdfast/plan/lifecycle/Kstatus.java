package dev.holdfast.plan.lifecycle;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.plan.status.StatusPlan;
import dev.holdfast.plan.status.VmConditions;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The rules of kstatus for an object of an unknown kind, in its order (sigs.k8s.io/cli-utils v0.37,
 * pkg/kstatus/status: checkGenericProperties, then checkReadyCondition). KstatusClusterIT compares them with the library.
 */
public enum Kstatus {
    Terminating,
    InProgress,
    Failed,
    Current;

    public static Kstatus of(PassthroughVM vm) {
        if (vm.isMarkedForDeletion()) {
            return Terminating;
        }
        PassthroughVMStatus status = StatusPlan.before(vm);
        if (status.observedGeneration() != null
                && !status.observedGeneration().equals(vm.getMetadata().getGeneration())) {
            return InProgress;
        }
        List<Condition> conditions = Objects.requireNonNullElse(status.conditions(), List.of());
        for (Condition condition : conditions) {
            if (condition.getStatus().equals("True")) {
                if (condition.getType().equals("Reconciling")) {
                    return InProgress;
                }
                if (condition.getType().equals("Stalled")) {
                    return Failed;
                }
            }
        }
        Optional<Condition> ready = VmConditions.find(conditions, "Ready");
        return ready.isEmpty() || ready.get().getStatus().equals("True") ? Current : InProgress;
    }
}
