package dev.holdfast.plan.pod;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.NetworkCard;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.Sysctl;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Parts of a VM's pod that Services need: labels to select it by, and ports. */
final class PodNetwork {
    private static final int FIRST_UNPRIVILEGED = 1024;
    private static final int LABEL_LENGTH = 63;

    private PodNetwork() {}

    static List<ContainerPort> ports(MachineSpec machine) {
        return all(machine)
                .map(port -> new ContainerPortBuilder()
                        .withName(port.name().orElse(null))
                        .withContainerPort(port.number())
                        .withProtocol(port.protocol().name())
                        .build())
                .toList();
    }

    /** Returns the sysctls, which apply only to the pod's network namespace and are allowed by every Pod Security Standard. */
    static List<Sysctl> sysctls(MachineSpec machine) {
        return all(machine).anyMatch(port -> port.number() < FIRST_UNPRIVILEGED)
                ? List.of(new Sysctl("net.ipv4.ip_unprivileged_port_start", "0"))
                : List.of();
    }

    private static Stream<NetworkCard.Port> all(MachineSpec machine) {
        return machine.networkCards().stream().flatMap(card -> card.ports().stream());
    }

    /** Returns the VM's own labels and its name, and those by which operator and agent identify the pod. */
    static Map<String, String> labels(PassthroughVM vm) {
        SortedMap<String, String> labels = new TreeMap<>();
        Objects.requireNonNullElse(vm.getMetadata().getLabels(), Map.<String, String>of())
                .forEach((key, value) -> {
                    if (!key.startsWith(Names.RESOURCE_PREFIX)) {
                        labels.put(key, value);
                    }
                });
        String name = vm.getMetadata().getName();
        if (name.length() <= LABEL_LENGTH) {
            labels.put(Names.VM_NAME_LABEL, name);
        }
        labels.put(Names.VM_POD_LABEL, "true");
        labels.put(Names.VM_UID_LABEL, vm.getMetadata().getUid());
        return labels;
    }
}
