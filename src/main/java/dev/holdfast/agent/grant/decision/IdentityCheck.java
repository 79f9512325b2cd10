package dev.holdfast.agent.grant.decision;

import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.api.Names;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Whether the peer, which is in the pod that it names, is the launcher of that pod's VM. Pure: facts in, an objection
 * out.
 *
 * <p>What cannot become true by waiting is refused. What the operator or the kubelet is about to do is waited for: a
 * pod of this VM that the VM's status does not name yet (the pod is created first, then bound; and a successor of the
 * same name starts while the status still names its predecessor), and the container's ID.
 */
public final class IdentityCheck {
    private static final List<Function<Facts, Optional<Decision>>> CHECKS = List.of(
            IdentityCheck::livePod,
            IdentityCheck::liveVm,
            IdentityCheck::controlledByTheVm,
            IdentityCheck::inTheContainer,
            IdentityCheck::bound);

    /**
     * What is true of the peer and of what it claims.
     *
     * @param node      the name of this node
     * @param podUid    of the pod that the peer is in, by the host's cgroup tree
     * @param container the name of the directory below that pod's in the tree that the peer is in; "" for the pod's own
     * @param pod       of the name that the peer claims
     * @param vm        of that name
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
            return namespace + "/" + name;
        }
    }

    private IdentityCheck() {}

    /** Empty when the peer is who it says. Then pod and VM are there, and the VM's status names the pod and a plan. */
    public static Optional<Decision> objection(Facts facts) {
        return CHECKS.stream()
                .map(check -> check.apply(facts))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Optional<Decision> livePod(Facts facts) {
        if (facts.pod().isEmpty()) {
            return refuse(RefusalReason.POD_NOT_FOUND, "found no pod " + facts.vmText() + "; a VM's pod has its name");
        }
        PodFacts pod = facts.pod().get();
        if (!facts.podUid().equals(pod.uid())) {
            return refuse(
                    RefusalReason.NOT_THIS_POD,
                    "the process that asks for VM " + facts.vmText() + " is in the pod of UID " + facts.podUid()
                            + ", the VM's pod has the UID " + pod.uid());
        }
        if (!facts.node().equals(pod.node())) {
            return refuse(
                    RefusalReason.OTHER_NODE,
                    "The pod " + facts.vmText() + " is on node " + pod.node() + ", not on " + facts.node() + ".");
        }
        return pod.deleted()
                ? refuse(
                        RefusalReason.POD_DELETED,
                        "The pod " + facts.vmText() + " is being deleted; its successor will get a grant.")
                : Optional.empty();
    }

    private static Optional<Decision> liveVm(Facts facts) {
        if (facts.vm().isEmpty()) {
            return refuse(RefusalReason.VM_NOT_FOUND, "There is no PassthroughVM " + facts.vmText() + ".");
        }
        return facts.vm().get().deleted()
                ? refuse(RefusalReason.VM_DELETED, "The PassthroughVM " + facts.vmText() + " is being deleted.")
                : Optional.empty();
    }

    private static Optional<Decision> controlledByTheVm(Facts facts) {
        String vmUid = facts.vm().orElseThrow().uid();
        return vmUid.equals(facts.pod().orElseThrow().vmController())
                ? Optional.empty()
                : refuse(
                        RefusalReason.FORGED_OWNER,
                        "The pod " + facts.vmText() + " is not controlled by the PassthroughVM of UID " + vmUid
                                + "; delete the pod, the operator makes its own.");
    }

    /**
     * The kubelet tells the container's ID a moment after it has started it. Until then the pod's spec helps: a debug
     * container is in there before the kubelet starts it, so when QEMU's is the only one, the peer is in it.
     */
    private static Optional<Decision> inTheContainer(Facts facts) {
        PodFacts pod = facts.pod().orElseThrow();
        String id = pod.containerId();
        String container = facts.container();
        if (container.isEmpty() || id != null && !container.contains(id)) {
            return refuse(
                    RefusalReason.OTHER_CONTAINER,
                    "The process that asks for VM " + facts.vmText() + " is not in the container \""
                            + Names.QEMU_CONTAINER + "\" of its pod; only the launcher there gets a grant.");
        }
        return id != null || pod.containers() == 1
                ? Optional.empty()
                : Optional.of(new Wait("The pod " + facts.vmText()
                        + " has several containers and the kubelet has not told yet which is \""
                        + Names.QEMU_CONTAINER + "\"."));
    }

    private static Optional<Decision> bound(Facts facts) {
        VmFacts vm = facts.vm().orElseThrow();
        if (vm.podName() != null && !vm.podName().equals(facts.name())) {
            return refuse(
                    RefusalReason.NOT_BOUND,
                    "The PassthroughVM " + facts.vmText() + " is bound to the pod " + vm.podName()
                            + ", not to this one.");
        }
        String uid = facts.pod().orElseThrow().uid();
        if (!uid.equals(vm.podUid())) {
            return Optional.of(new Wait("The operator has not yet bound VM " + facts.vmText() + " to its pod " + uid
                    + "; if this lasts, see whether the operator runs."));
        }
        return vm.memlock() != null
                ? Optional.empty()
                : Optional.of(
                        new Wait("The operator has not yet written the memlock plan of VM " + facts.vmText() + "."));
    }

    private static Optional<Decision> refuse(RefusalReason reason, String sentence) {
        return Optional.of(new Refuse(reason, sentence));
    }
}
