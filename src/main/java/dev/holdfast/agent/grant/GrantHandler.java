package dev.holdfast.agent.grant;

import dev.holdfast.agent.apiserver.ApiServer;
import dev.holdfast.agent.apiserver.ObjectMeta;
import dev.holdfast.agent.grant.decision.Decision;
import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.agent.grant.decision.GrantDecision;
import dev.holdfast.agent.grant.decision.IdentityCheck;
import dev.holdfast.agent.grant.decision.PodFacts;
import dev.holdfast.agent.grant.decision.RefusalReason;
import dev.holdfast.agent.grant.decision.VmFacts;
import dev.holdfast.agent.plugin.HeldDevices;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.host.process.CgroupTree;
import dev.holdfast.host.process.PodLookup;
import dev.holdfast.host.process.ProcessStatus;
import dev.holdfast.host.process.Procfs;
import dev.holdfast.inventory.GroupResolver;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * One request from its line to its outcome: collects the facts, has them decided, applies.
 *
 * <p>A peer may claim to be in any pod of the cluster. So first the kernel says which pod it is in, then the kubelet
 * whether the claimed one holds devices of ours here, then the API server sends the metadata of that one, whose UID must
 * be that of the peer's: only then is anything read that a user wrote, and only then does the answer say anything of the
 * claimed pod.
 */
public final class GrantHandler {
    private static final Logger log = LoggerFactory.getLogger(GrantHandler.class);
    private static final Duration REPORT_PATIENCE = Duration.ofSeconds(5);

    /** The answer for everybody who is not known to be in the pod that he names, as long as that may change. */
    private static final Wait KUBELET_IS_STARTING =
            new Wait("the kubelet has just started and may not know of all pods yet; ask again in a moment");

    private static final Wait CANNOT_LOOK =
            new Wait("kubelet or API server did not answer; if this lasts, see the agent's log");

    private final String node;
    private final Cluster cluster;
    private final HeldDevices heldDevices;
    private final GroupResolver groups;
    private final Procfs procfs;
    private final CgroupTree tree;
    private final PodLookup pods;
    private final GrantRegistry book;
    private final LimitSetter setter;
    private final Reports reports;

    /** Tells whether the API server knows of a pod's grant, and waits for it for a while. */
    @FunctionalInterface
    public interface Reports {
        boolean name(String podUid, Duration patience);
    }

    public GrantHandler(
            String node,
            ApiServer server,
            HeldDevices heldDevices,
            GroupResolver groups,
            Procfs procfs,
            CgroupTree tree,
            GrantRegistry book,
            Clock clock) {
        this(
                node,
                new ApiCluster(server),
                heldDevices,
                groups,
                procfs,
                tree,
                book,
                new LimitSetter(MemlockLimits.ofKernel(), procfs, book, clock),
                book::awaitReported);
    }

    public GrantHandler(
            String node,
            Cluster cluster,
            HeldDevices heldDevices,
            GroupResolver groups,
            Procfs procfs,
            CgroupTree tree,
            GrantRegistry book,
            LimitSetter setter,
            Reports reports) {
        this.node = node;
        this.cluster = cluster;
        this.heldDevices = heldDevices;
        this.groups = groups;
        this.procfs = procfs;
        this.tree = tree;
        this.pods = new PodLookup(procfs, tree);
        this.book = book;
        this.setter = setter;
        this.reports = reports;
    }

    /** Decides, and applies what is granted. A {@code Grant} that comes back is in force, with the limit read back. */
    public Decision decide(Peer peer, GrantRequest claim) {
        if (pods.podUidOf(peer.pid()).isEmpty()) {
            return new Refuse(
                    RefusalReason.OUTSIDE_ANY_POD,
                    "the process that asks is in no pod of this node; only the launcher in a VM's pod gets a grant");
        }
        if (!procfs.status(peer.pid()).map(ProcessStatus::firstOfItsNamespace).orElse(false)) {
            return new Refuse(
                    RefusalReason.NOT_FIRST_PROCESS,
                    "the process that asks is not the first one of its container; only the launcher that the container"
                            + " was started with gets a grant");
        }
        return switch (membership(peer, claim)) {
            case Membership.Outsider outsider -> outsider.answer();
            case Membership.Member member -> decide(peer, claim, member);
        };
    }

    private Membership membership(Peer peer, GrantRequest claim) {
        try {
            if (!heldDevices.holdsAny(claim.namespace(), claim.name())) {
                return outsider(RefusalReason.HOLDS_NO_DEVICE, "the kubelet has given no device of ours to it");
            }
            Optional<ObjectMeta> pod = cluster.podMetadata(claim.namespace(), claim.name());
            if (pod.isEmpty()) {
                return outsider(RefusalReason.POD_NOT_FOUND, "it is not in the cluster");
            }
            String podUid = pod.get().uid();
            return container(podUid, peer)
                    .<Membership>map(container -> new Membership.Member(podUid, container))
                    .orElseGet(() -> outsider(
                            RefusalReason.NOT_THIS_POD, "its UID is " + podUid + ", and the process is not in it"));
        } catch (IOException e) {
            log.atDebug()
                    .addKeyValue("pod", claim.namespace() + "/" + claim.name())
                    .addKeyValue("error", e.getMessage())
                    .log("a claim cannot be looked at");
            return new Membership.Outsider(CANNOT_LOOK);
        }
    }

    private Membership outsider(RefusalReason reason, String why) {
        return new Membership.Outsider(
                heldDevices.knowsAllPods()
                        ? new Refuse(reason, "the process that asks is not in the pod that it names: " + why)
                        : KUBELET_IS_STARTING);
    }

    /** The directory of the pod's container that the peer is in, by the host's tree; "" for the pod's own. */
    private Optional<String> container(String podUid, Peer peer) {
        return tree.podDirectory(podUid)
                .flatMap(directory -> tree.containerOf(directory, peer.pid())
                        .map(found -> found.equals(directory)
                                ? ""
                                : directory.relativize(found).toString()));
    }

    private Decision decide(Peer peer, GrantRequest claim, Membership.Member member) {
        try {
            Optional<PodFacts> pod = cluster.pod(claim.namespace(), claim.name());
            Optional<VmFacts> vm = cluster.vm(claim.namespace(), claim.name());
            Optional<Decision> objection = IdentityCheck.objection(new IdentityCheck.Facts(
                    node, claim.namespace(), claim.name(), member.podUid(), member.container(), pod, vm));
            if (objection.isPresent()) {
                return objection.get();
            }
            Decision decision = grant(peer, claim, pod.orElseThrow(), vm.orElseThrow());
            return decision instanceof Decision.Grant ? onceReported(member.podUid(), decision) : decision;
        } catch (IOException e) {
            return new Wait("the cluster could not be asked: " + e.getMessage());
        }
    }

    /**
     * The answer makes a QEMU of the launcher, and who takes over from this agent knows of it only by the report: so the
     * report comes first. Whoever asks in vain asks again, and is then the same peer with the same grant.
     */
    private Decision onceReported(String podUid, Decision granted) {
        return reports.name(podUid, REPORT_PATIENCE)
                ? granted
                : new Wait("The limit is set, but the node's report could not be written within "
                        + REPORT_PATIENCE.toSeconds() + " s; if this lasts, see the agent's log.");
    }

    private Decision grant(Peer peer, GrantRequest claim, PodFacts pod, VmFacts vm) {
        String podUid = pod.uid();
        Optional<Grant> former = book.find(podUid);
        if (former.isPresent()) {
            return setter.again(peer, former.get());
        }
        Map<String, List<String>> held;
        try {
            held = heldDevices.of(claim.namespace(), claim.name());
        } catch (IOException e) {
            return new Wait("The kubelet could not be asked for the pod's devices: " + e.getMessage());
        }
        VmReference reference = new VmReference(claim.namespace(), claim.name(), vm.uid());
        return switch (GrantDecision.of(vm, pod, held, groups, claim.measuredBytes())) {
            case Decision.Grant grant -> {
                compare(reference, vm, claim.measuredBytes());
                yield setter.apply(peer, podUid, reference, grant, requiredBytes(vm), claim.measuredBytes());
            }
            case Wait wait -> wait;
            case Refuse refuse -> refuse;
        };
    }

    /** Model and measurement side by side: where QEMU maps more, a term is missing. */
    private static void compare(VmReference reference, VmFacts vm, @Nullable Long measuredBytes) {
        long requiredBytes = requiredBytes(vm);
        boolean below = measuredBytes != null && measuredBytes > requiredBytes;
        log.atLevel(below ? Level.WARN : Level.INFO)
                .addKeyValue("vm", reference.namespace() + "/" + reference.name())
                .addKeyValue("requiredBytes", requiredBytes)
                .addKeyValue("measuredBytes", measuredBytes == null ? "none" : measuredBytes)
                .log(below ? "the launcher measured more than the model knows" : "model and measurement");
    }

    private static long requiredBytes(VmFacts vm) {
        return Objects.requireNonNull(vm.memlock()).requiredBytes();
    }

    /** Whether the kernel has the peer in the pod that it names. */
    private sealed interface Membership {
        /**
         * It has.
         *
         * @param container the name of the directory below the pod's that the peer is in; "" for the pod's own
         */
        record Member(String podUid, String container) implements Membership {}

        /** It has not, or nobody knows. */
        record Outsider(Decision answer) implements Membership {}
    }
}
