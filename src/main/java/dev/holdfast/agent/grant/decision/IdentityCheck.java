package dev.holdfast.agent.grant.decision;

import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.api.Names;
import dev.holdfast.text.NamespacedName;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Checks whether a peer, which is in the pod that it names, is the launcher of that pod's VM. Pure: facts in, an
 * objection out.
 *
 * <p>A request is refused if waiting cannot help. It waits for steps of the operator and the kubelet: the binding to a pod of this VM that the VM's status does not name yet (the pod is created first, then bound; and a pod
 * of the same name can start while the status still names the former pod), and the ID of the container.
 */
public final class IdentityCheck {
    private static final List<Function<Facts, Optional<Decision>>> CHECKS = List.of(
            IdentityCheck::livePod,
            IdentityCheck::liveVm,
            IdentityCheck::controlledByTheVm,
            IdentityCheck::inTheContainer,
            IdentityCheck::bound);

    /**
     * Facts about the peer and the objects that it names.
     *
     * @param node      name of this node
     * @param podUid    UID of the pod that the peer is in, by the host's cgroup tree
     * @param container name of the directory below the pod's directory that the peer is in; "" for the pod's own
     * @param pod       pod of the name in the request
     * @param vm        VM of that name
     */
    public record Facts(
            String node,
            String namespace,
            String name,
            String podUid,
            String container,
            Optional<PodFacts> pod,
            Optional<VmFacts> vm) {
        String vmText() {
            return NamespacedName.of(namespace, name);
        }
    }

    private IdentityCheck() {}

    /**
     * Returns the reason against a grant; empty when the peer is the launcher. Then pod and VM exist, and the VM's
     * status names the pod and a plan.
     */
    public static Optional<Decision> objection(Facts facts) {
        return CHECKS.stream()
                .map(check -> check.apply(facts))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Optional<Decision> livePod(Facts facts) {
        if (facts.pod().isEmpty()) {
            return refuse(
                    RefusalCode.POD_NOT_FOUND,
                    "pod " + facts.vmText() + " not found; the pod of a VM has the name of the VM");
        }
        PodFacts pod = facts.pod().get();
        if (!facts.podUid().equals(pod.uid())) {
            return refuse(
                    RefusalCode.NOT_THIS_POD,
                    "the process that requests a grant for VM " + facts.vmText() + " is in the pod with UID "
                            + facts.podUid() + ", the pod of the VM has UID " + pod.uid());
        }
        if (!facts.node().equals(pod.node())) {
            return refuse(
                    RefusalCode.OTHER_NODE,
                    "pod " + facts.vmText() + " is on node " + pod.node() + ", not on " + facts.node());
        }
        return pod.deleted()
                ? refuse(
                        RefusalCode.POD_DELETED,
                        "pod " + facts.vmText() + " is being deleted; the next pod of the VM gets a grant")
                : Optional.empty();
    }

    private static Optional<Decision> liveVm(Facts facts) {
        if (facts.vm().isEmpty()) {
            return refuse(RefusalCode.VM_NOT_FOUND, "PassthroughVM " + facts.vmText() + " not found");
        }
        return facts.vm().get().deleted()
                ? refuse(RefusalCode.VM_DELETED, "PassthroughVM " + facts.vmText() + " is being deleted")
                : Optional.empty();
    }

    private static Optional<Decision> controlledByTheVm(Facts facts) {
        String vmUid = facts.vm().orElseThrow().uid();
        return vmUid.equals(facts.pod().orElseThrow().vmController())
                ? Optional.empty()
                : refuse(
                        RefusalCode.FORGED_OWNER,
                        "pod " + facts.vmText() + " is not controlled by the PassthroughVM with UID " + vmUid
                                + "; delete the pod, and the operator creates a new one");
    }

    /**
     * Checks the container. The kubelet reports the container's ID a moment after its start. Until then the pod's spec
     * is used: a debug container is in the spec before the kubelet starts it, so when QEMU's container is the only one,
     * the peer is in it.
     */
    private static Optional<Decision> inTheContainer(Facts facts) {
        PodFacts pod = facts.pod().orElseThrow();
        String id = pod.containerId();
        String container = facts.container();
        if (container.isEmpty() || id != null && !container.contains(id)) {
            return refuse(
                    RefusalCode.OTHER_CONTAINER,
                    "the process that requests a grant for VM " + facts.vmText() + " is not in the container \""
                            + Names.QEMU_CONTAINER + "\" of its pod; only the launcher in that container gets a grant");
        }
        return id != null || pod.containers() == 1
                ? Optional.empty()
                : Optional.of(new Wait("pod " + facts.vmText()
                        + " has several containers, and the kubelet has not yet reported which one is \""
                        + Names.QEMU_CONTAINER + "\""));
    }

    private static Optional<Decision> bound(Facts facts) {
        VmFacts vm = facts.vm().orElseThrow();
        if (vm.podName() != null && !vm.podName().equals(facts.name())) {
            return refuse(
                    RefusalCode.NOT_BOUND,
                    "PassthroughVM " + facts.vmText() + " is bound to pod " + vm.podName() + ", not to this pod");
        }
        String uid = facts.pod().orElseThrow().uid();
        if (!uid.equals(vm.podUid())) {
            return Optional.of(new Wait("the operator has not yet bound VM " + facts.vmText() + " to its pod " + uid
                    + "; if this lasts, check whether the operator runs"));
        }
        return vm.memlock() != null
                ? Optional.empty()
                : Optional.of(new Wait("the operator has not yet written the memlock plan of VM " + facts.vmText()));
    }

    private static Optional<Decision> refuse(RefusalCode reason, String message) {
        return Optional.of(new Refuse(reason, message));
    }
}
