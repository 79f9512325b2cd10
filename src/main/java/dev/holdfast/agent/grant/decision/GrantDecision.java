package dev.holdfast.agent.grant.decision;

import dev.holdfast.agent.grant.decision.Decision.Grant;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.inventory.GroupResolver;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Decision on the request of a peer whose identity is established. Pure. */
public final class GrantDecision {
    private GrantDecision() {}

    /**
     * Decides on a request.
     *
     * @param vm            with a memlock plan bound to the pod
     * @param held          device IDs by resource, as the kubelet allocated them to the pod
     * @param claims        claims of the pod, and what the kubelet reports of them
     * @param measuredBytes measurement of the launcher; null without one
     */
    public static Decision of(
            VmFacts vm,
            Map<String, List<String>> held,
            ClaimedDevice.Facts claims,
            GroupResolver groups,
            @Nullable Long measuredBytes) {
        Memlock plan = Objects.requireNonNull(vm.memlock());
        return switch (LimitDecision.of(plan, measuredBytes)) {
            case LimitDecision.Refused refused -> refused.why();
            case LimitDecision.Limit limit ->
                switch (DeviceAssignment.of(vm, held, claims, groups)) {
                    case DeviceAssignment.Unassigned unassigned -> unassigned.why();
                    case DeviceAssignment.Assigned assigned -> new Grant(limit.bytes(), assigned.devices());
                };
        };
    }
}
