package dev.holdfast.agent.grant;

import dev.holdfast.agent.Groups;
import dev.holdfast.agent.HeldDevices;
import dev.holdfast.agent.apiserver.ApiServer;
import dev.holdfast.agent.grant.Decision.Refuse;
import dev.holdfast.agent.grant.Decision.Wait;
import dev.holdfast.api.PassthroughNodeStatus.Grant;
import dev.holdfast.api.PassthroughNodeStatus.VmReference;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.host.CgroupTree;
import dev.holdfast.host.CgroupTree.QosClass;
import dev.holdfast.host.PodLookup;
import dev.holdfast.host.ProcessStatus;
import dev.holdfast.host.Procfs;
import java.io.IOException;
import java.nio.file.Path;
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
 * One request from its line to its outcome: collects the facts, has them decided, applies. Identity is checked on live
 * objects before the kubelet is asked, which answers only a hundred times a second.
 */
public final class GrantDesk {
    private static final Logger log = LoggerFactory.getLogger(GrantDesk.class);
    private static final Duration REPORT_PATIENCE = Duration.ofSeconds(5);

    private final String node;
    private final Cluster cluster;
    private final HeldDevices heldDevices;
    private final Groups groups;
    private final Procfs procfs;
    private final CgroupTree tree;
    private final PodLookup pods;
    private final GrantBook book;
    private final LimitSetter setter;
    private final Reports reports;

    /** Tells whether the API server knows of a pod's grant, and waits for it for a while. */
    @FunctionalInterface
    interface Reports {
        boolean name(String podUid, Duration patience);
    }

    public GrantDesk(
            String node,
            ApiServer server,
            HeldDevices heldDevices,
            Groups groups,
            Procfs procfs,
            CgroupTree tree,
            GrantBook book,
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

    GrantDesk(
            String node,
            Cluster cluster,
            HeldDevices heldDevices,
            Groups groups,
            Procfs procfs,
            CgroupTree tree,
            GrantBook book,
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
    Decision decide(Peer peer, GrantRequest claim) {
        try {
            Optional<PodFacts> pod = cluster.pod(claim.namespace(), claim.name());
            Optional<VmFacts> vm = cluster.vm(claim.namespace(), claim.name());
            Optional<Decision> objection = IdentityCheck.objection(facts(peer, claim, pod, vm));
            if (objection.isPresent()) {
                return objection.get();
            }
            Decision decision = grant(peer, claim, pod.orElseThrow(), vm.orElseThrow());
            return decision instanceof Decision.Grant
                    ? onceReported(pod.orElseThrow().uid(), decision)
                    : decision;
        } catch (IOException e) {
            return new Wait("The cluster could not be asked: " + e.getMessage());
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

    private IdentityCheck.Facts facts(Peer peer, GrantRequest claim, Optional<PodFacts> pod, Optional<VmFacts> vm) {
        boolean first = procfs.status(peer.pid())
                .map(ProcessStatus::firstOfItsNamespace)
                .orElse(false);
        @Nullable
        String container = pod.flatMap(this::directory)
                .flatMap(directory -> tree.containerOf(directory, peer.pid()).map(found -> nameBelow(directory, found)))
                .orElse(null);
        boolean inAnyPod = container != null || pods.podUidOf(peer.pid()).isPresent();
        return new IdentityCheck.Facts(node, claim.namespace(), claim.name(), first, inAnyPod, container, pod, vm);
    }

    private Optional<Path> directory(PodFacts pod) {
        return Optional.ofNullable(pod.qosClass())
                .flatMap(QosClass::of)
                .map(qos -> tree.podDirectory(pod.uid(), qos))
                .orElseGet(() -> tree.podDirectory(pod.uid()));
    }

    private static String nameBelow(Path directory, Path found) {
        return found.equals(directory) ? "" : directory.relativize(found).toString();
    }
}
