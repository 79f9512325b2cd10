package dev.holdfast.agent.grant;

import dev.holdfast.agent.grant.Decision.Refuse;
import dev.holdfast.agent.grant.Decision.Wait;
import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughVM;
import dev.holdfast.api.PassthroughVMStatus;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whether the peer is the launcher of the VM that it names. Pure: facts in, an objection out.
 *
 * <p>What cannot become true by waiting is refused. What the operator or the kubelet is about to do is waited for: a
 * pod of this VM that the VM's status does not name yet (the pod is created first, then bound; and a successor of the
 * same name starts while the status still names its predecessor), and the container's ID.
 */
final class IdentityCheck {
    private static final List<Function<Facts, Optional<Decision>>> CHECKS = List.of(
            IdentityCheck::firstProcess,
            IdentityCheck::livePod,
            IdentityCheck::inThePod,
            IdentityCheck::liveVm,
            IdentityCheck::controlledByTheVm,
            IdentityCheck::inTheContainer,
            IdentityCheck::bound);

    /**
     * What is true of the peer and of what it claims.
     *
     * @param node      the name of this node
     * @param first     whether the peer is the first process of its pid namespace
     * @param inAnyPod  whether the host's cgroup tree has the peer in some pod
     * @param container the name of the cgroup directory below the claimed pod's that the peer is in, by the host's
     *                  tree; "" for the pod's own; null when the peer is not in that pod
     */
    record Facts(
            String node,
            String namespace,
            String name,
            boolean first,
            boolean inAnyPod,
            @Nullable String container,
            Optional<Pod> pod,
            Optional<PassthroughVM> vm) {
        String vmText() {
            return namespace + "/" + name;
        }
    }

    private IdentityCheck() {}

    /** Empty when the peer is who it says. Then pod and VM are there, and the VM's status names the pod and a plan. */
    static Optional<Decision> objection(Facts facts) {
        return CHECKS.stream()
                .map(check -> check.apply(facts))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Optional<Decision> firstProcess(Facts facts) {
        if (!facts.inAnyPod() && facts.container() == null) {
            return refuse(
                    RefusalReason.OUTSIDE_ANY_POD,
                    "The process that asks for VM " + facts.vmText()
                            + " is in no pod of this node; only the launcher in the VM's pod gets a grant.");
        }
        return facts.first()
                ? Optional.empty()
                : refuse(
                        RefusalReason.NOT_FIRST_PROCESS,
                        "The process that asks for VM " + facts.vmText()
                                + " is not the first one of its container; only the launcher that the container was started with gets a grant.");
    }

    private static Optional<Decision> livePod(Facts facts) {
        if (facts.pod().isEmpty()) {
            return refuse(
                    RefusalReason.POD_NOT_FOUND,
                    "The pod " + facts.vmText() + " is not in the cluster; a VM's pod is named like the VM.");
        }
        Pod pod = facts.pod().get();
        String podNode = pod.getSpec().getNodeName();
        if (!facts.node().equals(podNode)) {
            return refuse(
                    RefusalReason.OTHER_NODE,
                    "The pod " + facts.vmText() + " is on node " + podNode + ", not on " + facts.node() + ".");
        }
        return pod.getMetadata().getDeletionTimestamp() == null
                ? Optional.empty()
                : refuse(
                        RefusalReason.POD_DELETED,
                        "The pod " + facts.vmText() + " is being deleted; its successor will get a grant.");
    }

    private static Optional<Decision> inThePod(Facts facts) {
        return facts.container() != null
                ? Optional.empty()
                : refuse(
                        RefusalReason.NOT_THIS_POD,
                        "The process that asks for VM " + facts.vmText()
                                + " is in another pod than the VM's; only the launcher in the VM's pod gets a grant.");
    }

    private static Optional<Decision> liveVm(Facts facts) {
        if (facts.vm().isEmpty()) {
            return refuse(RefusalReason.VM_NOT_FOUND, "There is no PassthroughVM " + facts.vmText() + ".");
        }
        return facts.vm().get().getMetadata().getDeletionTimestamp() == null
                ? Optional.empty()
                : refuse(RefusalReason.VM_DELETED, "The PassthroughVM " + facts.vmText() + " is being deleted.");
    }

    private static Optional<Decision> controlledByTheVm(Facts facts) {
        String vmUid = facts.vm().orElseThrow().getMetadata().getUid();
        boolean controlled = facts.pod().orElseThrow().getMetadata().getOwnerReferences().stream()
                .filter(owner -> Boolean.TRUE.equals(owner.getController()))
                .anyMatch(owner -> isVm(owner) && Objects.equals(owner.getUid(), vmUid));
        return controlled
                ? Optional.empty()
                : refuse(
                        RefusalReason.FORGED_OWNER,
                        "The pod " + facts.vmText() + " is not controlled by the PassthroughVM of UID " + vmUid
                                + "; delete the pod, the operator makes its own.");
    }

    private static boolean isVm(OwnerReference owner) {
        return PassthroughVM.class.getSimpleName().equals(owner.getKind())
                && owner.getApiVersion() != null
                && owner.getApiVersion().startsWith(Names.GROUP + "/");
    }

    /**
     * The kubelet tells the container's ID a moment after it has started it. Until then the pod's spec helps: a debug
     * container is in there before the kubelet starts it, so when QEMU's is the only one, the peer is in it.
     */
    private static Optional<Decision> inTheContainer(Facts facts) {
        Pod pod = facts.pod().orElseThrow();
        Optional<String> id = containerId(pod);
        String container = Objects.requireNonNull(facts.container());
        if (container.isEmpty() || id.isPresent() && !container.contains(id.get())) {
            return refuse(
                    RefusalReason.OTHER_CONTAINER,
                    "The process that asks for VM " + facts.vmText() + " is not in the container \""
                            + Names.QEMU_CONTAINER + "\" of its pod; only the launcher there gets a grant.");
        }
        return id.isPresent() || onlyContainer(pod)
                ? Optional.empty()
                : Optional.of(new Wait("The pod " + facts.vmText()
                        + " has several containers and the kubelet has not told yet which is \""
                        + Names.QEMU_CONTAINER + "\"."));
    }

    /** {@code containerd://<id>} without what is before the ID. */
    private static Optional<String> containerId(Pod pod) {
        return Stream.ofNullable(pod.getStatus())
                .flatMap(status -> status.getContainerStatuses().stream())
                .filter(container -> Names.QEMU_CONTAINER.equals(container.getName()))
                .map(ContainerStatus::getContainerID)
                .filter(id -> id != null && !id.isBlank())
                .map(id -> id.substring(id.lastIndexOf('/') + 1))
                .findFirst();
    }

    private static boolean onlyContainer(Pod pod) {
        return pod.getSpec().getContainers().size() == 1
                && pod.getSpec().getInitContainers().isEmpty()
                && pod.getSpec().getEphemeralContainers().isEmpty();
    }

    private static Optional<Decision> bound(Facts facts) {
        PassthroughVMStatus status = facts.vm().orElseThrow().getStatus();
        if (status != null && status.podName() != null && !status.podName().equals(facts.name())) {
            return refuse(
                    RefusalReason.NOT_BOUND,
                    "The PassthroughVM " + facts.vmText() + " is bound to the pod " + status.podName()
                            + ", not to this one.");
        }
        String uid = facts.pod().orElseThrow().getMetadata().getUid();
        if (status == null || !uid.equals(status.podUID())) {
            return Optional.of(new Wait("The operator has not yet bound VM " + facts.vmText() + " to its pod " + uid
                    + "; if this lasts, see whether the operator runs."));
        }
        return status.memlock() != null
                ? Optional.empty()
                : Optional.of(
                        new Wait("The operator has not yet written the memlock plan of VM " + facts.vmText() + "."));
    }

    private static Optional<Decision> refuse(RefusalReason reason, String sentence) {
        return Optional.of(new Refuse(reason, sentence));
    }
}
