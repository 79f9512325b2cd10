package dev.holdfast.agent.grant;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.ObjectMeta;
import dev.holdfast.agent.grant.decision.ClaimedDevice;
import dev.holdfast.agent.grant.decision.Decision;
import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.agent.grant.decision.GrantDecision;
import dev.holdfast.agent.grant.decision.IdentityCheck;
import dev.holdfast.agent.grant.decision.PodFacts;
import dev.holdfast.agent.grant.decision.RefusalCode;
import dev.holdfast.agent.grant.decision.VmFacts;
import dev.holdfast.agent.plugin.HeldDevices;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.VmReference;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.host.process.CgroupTree;
import dev.holdfast.host.process.PodLookup;
import dev.holdfast.host.process.ProcessStatus;
import dev.holdfast.host.process.Procfs;
import dev.holdfast.inventory.CurrentInventory;
import dev.holdfast.inventory.GroupResolver;
import dev.holdfast.text.LogKeys;
import dev.holdfast.text.NamespacedName;
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
 * Handles a request: collects the facts, decides and applies the decision.
 *
 * <p>A peer can name any pod of the cluster. So first the kernel reports which pod it is in, then the kubelet whether
 * the named pod holds devices of Holdfast here, then the API server sends the metadata of that pod, whose UID must be
 * that of the peer's pod. Only then is anything read that a user wrote, and only then does the answer disclose anything
 * about the named pod.
 */
public final class GrantHandler {
    private static final Logger log = LoggerFactory.getLogger(GrantHandler.class);
    private static final Duration REPORT_PATIENCE = Duration.ofSeconds(5);

    /** Answer to peers that are not known to be in the pod that they name, as long as that may change. */
    private static final Wait KUBELET_IS_STARTING =
            new Wait("the kubelet has just started and may not know all pods yet; retry in a moment");

    private static final Wait CANNOT_CHECK =
            new Wait("the kubelet or the API server is not responding; if this lasts, see the agent's log");

    private final String node;
    private final Cluster cluster;
    private final HeldDevices heldDevices;
    private final GroupResolver groups;
    private final ClaimReader claimReader;
    private final Procfs procfs;
    private final CgroupTree tree;
    private final PodLookup pods;
    private final GrantRegistry registry;
    private final LimitSetter setter;
    private final Reports reports;

    /** Wait for the node report. */
    @FunctionalInterface
    public interface Reports {
        /** Waits until the API server has the grant of a pod; returns false when it has not in time. */
        boolean await(String podUid, Duration patience);
    }

    public GrantHandler(
            String node,
            ApiClient server,
            HeldDevices heldDevices,
            GroupResolver groups,
            CurrentInventory current,
            Procfs procfs,
            CgroupTree tree,
            GrantRegistry registry,
            Clock clock) {
        this(
                node,
                new ApiCluster(server),
                heldDevices,
                groups,
                current,
                procfs,
                tree,
                registry,
                new LimitSetter(MemlockLimits.ofKernel(), procfs, registry, clock),
                registry::awaitReported);
    }

    public GrantHandler(
            String node,
            Cluster cluster,
            HeldDevices heldDevices,
            GroupResolver groups,
            CurrentInventory current,
            Procfs procfs,
            CgroupTree tree,
            GrantRegistry registry,
            LimitSetter setter,
            Reports reports) {
        this.node = node;
        this.cluster = cluster;
        this.heldDevices = heldDevices;
        this.groups = groups;
        this.claimReader = new ClaimReader(node, cluster, heldDevices, current, registry);
        this.procfs = procfs;
        this.tree = tree;
        this.pods = new PodLookup(procfs, tree);
        this.registry = registry;
        this.setter = setter;
        this.reports = reports;
    }

    /**
     * Decides on a request and applies a grant. A {@code Grant} that is returned is in force, with the limit read back.
     */
    public Decision decide(Peer peer, GrantRequest request) {
        if (pods.podUidOf(peer.pid()).isEmpty()) {
            return new Refuse(
                    RefusalCode.OUTSIDE_ANY_POD,
                    "the process is in no pod of this node; only the launcher in a VM's pod gets a grant");
        }
        if (!procfs.status(peer.pid()).map(ProcessStatus::firstOfItsNamespace).orElse(false)) {
            return new Refuse(
                    RefusalCode.NOT_FIRST_PROCESS,
                    "the process is not the first process of its container; only the launcher that the container was"
                            + " started with gets a grant");
        }
        return switch (membership(peer, request)) {
            case Membership.Outsider outsider -> outsider.answer();
            case Membership.Member member -> decide(peer, request, member);
        };
    }

    private Membership membership(Peer peer, GrantRequest request) {
        try {
            if (!heldDevices.holdsAny(request.namespace(), request.name())) {
                return outsider(RefusalCode.HOLDS_NO_DEVICE, "the kubelet has allocated no device of Holdfast to it");
            }
            Optional<ObjectMeta> pod = cluster.podMetadata(request.namespace(), request.name());
            if (pod.isEmpty()) {
                return outsider(RefusalCode.POD_NOT_FOUND, "it does not exist");
            }
            String podUid = pod.get().uid();
            return container(podUid, peer)
                    .<Membership>map(container -> new Membership.Member(podUid, container))
                    .orElseGet(() -> outsider(
                            RefusalCode.NOT_THIS_POD, "its UID is " + podUid + ", and the process is not in it"));
        } catch (IOException e) {
            log.atDebug()
                    .addKeyValue(LogKeys.POD, NamespacedName.of(request.namespace(), request.name()))
                    .addKeyValue(LogKeys.ERROR, e.getMessage())
                    .log("cannot check the pod of a request");
            return new Membership.Outsider(CANNOT_CHECK);
        }
    }

    private Membership outsider(RefusalCode reason, String why) {
        return new Membership.Outsider(
                heldDevices.knowsAllPods()
                        ? new Refuse(reason, "the process is not in the pod that it names: " + why)
                        : KUBELET_IS_STARTING);
    }

    /**
     * Returns the directory of the pod's container that the peer is in, by the host's cgroup tree; "" for the pod's
     * own.
     */
    private Optional<String> container(String podUid, Peer peer) {
        return tree.podDirectory(podUid)
                .flatMap(directory -> tree.containerOf(directory, peer.pid())
                        .map(found -> found.equals(directory)
                                ? ""
                                : directory.relativize(found).toString()));
    }

    private Decision decide(Peer peer, GrantRequest request, Membership.Member member) {
        try {
            Optional<PodFacts> pod = cluster.pod(request.namespace(), request.name());
            Optional<VmFacts> vm = cluster.vm(request.namespace(), request.name());
            Optional<Decision> objection = IdentityCheck.objection(new IdentityCheck.Facts(
                    node, request.namespace(), request.name(), member.podUid(), member.container(), pod, vm));
            if (objection.isPresent()) {
                return objection.get();
            }
            Decision decision = grant(peer, request, pod.orElseThrow(), vm.orElseThrow());
            return decision instanceof Decision.Grant ? onceReported(member.podUid(), decision) : decision;
        } catch (IOException e) {
            return new Wait("pod or VM cannot be read: " + e.getMessage());
        }
    }

    /**
     * Waits for the node report before a grant is answered: with the answer the launcher becomes QEMU, and the next
     * agent knows of it only by the report. A peer that gets no answer in time retries, and is then the same peer with
     * the same grant.
     */
    private Decision onceReported(String podUid, Decision granted) {
        return reports.await(podUid, REPORT_PATIENCE)
                ? granted
                : new Wait("the limit is set, but the node report could not be written within "
                        + REPORT_PATIENCE.toSeconds() + " s; if this lasts, see the agent's log");
    }

    private Decision grant(Peer peer, GrantRequest request, PodFacts pod, VmFacts vm) {
        String podUid = pod.uid();
        Optional<Grant> former = registry.find(podUid);
        if (former.isPresent()) {
            return setter.again(peer, former.get());
        }
        Map<String, List<String>> held;
        ClaimedDevice.Facts claims;
        try {
            held = heldDevices.of(request.namespace(), request.name());
            claims = claimReader.read(request, pod);
        } catch (IOException e) {
            return new Wait("devices of the pod cannot be read from the kubelet and the API server: " + e.getMessage());
        }
        VmReference reference = new VmReference(request.namespace(), request.name(), vm.uid());
        return switch (GrantDecision.of(vm, held, claims, groups, request.measuredBytes())) {
            case Decision.Grant grant -> {
                compare(reference, vm, request.measuredBytes());
                yield setter.apply(peer, podUid, reference, grant, requiredBytes(vm), request.measuredBytes());
            }
            case Wait wait -> wait;
            case Refuse refuse -> refuse;
        };
    }

    /** Logs required bytes and measurement: when QEMU maps more, a term is missing in the plan. */
    private static void compare(VmReference reference, VmFacts vm, @Nullable Long measuredBytes) {
        long requiredBytes = requiredBytes(vm);
        boolean below = measuredBytes != null && measuredBytes > requiredBytes;
        log.atLevel(below ? Level.WARN : Level.INFO)
                .addKeyValue(LogKeys.VM, NamespacedName.of(reference.namespace(), reference.name()))
                .addKeyValue("requiredBytes", requiredBytes)
                .addKeyValue(LogKeys.MEASURED_BYTES, measuredBytes == null ? "none" : measuredBytes)
                .log(below ? "the launcher measured more than the plan requires" : "measurement of the launcher");
    }

    private static long requiredBytes(VmFacts vm) {
        return Objects.requireNonNull(vm.memlock()).requiredBytes();
    }

    /** Result of the check whether the peer is in the pod that it names. */
    private sealed interface Membership {
        /**
         * The peer is in the pod.
         *
         * @param container name of the directory below the pod's directory that the peer is in; "" for the pod's own
         */
        record Member(String podUid, String container) implements Membership {}

        /** The peer is not in the pod, or this is unknown. */
        record Outsider(Decision answer) implements Membership {}
    }
}
