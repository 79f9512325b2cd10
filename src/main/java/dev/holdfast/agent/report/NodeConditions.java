package dev.holdfast.agent.report;

import dev.holdfast.agent.Platform;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The node's conditions. A transition time stays what it was while the status does. */
final class NodeConditions {
    private final List<Condition> before;
    private final String now;

    NodeConditions(List<Condition> before, Instant now) {
        this.before = before;
        this.now = now.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    List<Condition> of(Platform platform) {
        return List.of(
                platform.iommu()
                        ? is("IommuEnabled", true, "IommuGroupsFound", "the kernel has made IOMMU groups")
                        : is("IommuEnabled", false, "NoIommuGroup", Platform.NO_IOMMU),
                platform.vfio()
                        ? is("VfioReady", true, "DriverFound", "the driver vfio-pci is loaded")
                        : is("VfioReady", false, "NoDriver", Platform.NO_VFIO),
                kvm(platform));
    }

    private Condition kvm(Platform platform) {
        if (platform.kvm()) {
            return is("KvmAvailable", true, "KvmFound", "the kernel serves /dev/kvm");
        }
        String obstacle = platform.obstacle();
        return obstacle == null
                ? is(
                        "KvmAvailable",
                        false,
                        "EmulationAllowed",
                        "found no usable /dev/kvm; VMs run in software emulation, since the agent was started with"
                                + " --allow-emulation")
                : is("KvmAvailable", false, "NoKvm", obstacle);
    }

    private Condition is(String type, boolean holds, String reason, String message) {
        String status = holds ? "True" : "False";
        String since = before.stream()
                .filter(condition -> type.equals(condition.getType()) && status.equals(condition.getStatus()))
                .map(Condition::getLastTransitionTime)
                .findFirst()
                .orElse(now);
        return new ConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(since)
                .build();
    }
}
