package dev.holdfast.agent.report;

import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughNodeStatus;
import dev.holdfast.api.PassthroughNodeStatus.Device;
import dev.holdfast.api.PassthroughNodeStatus.State;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes this node's PassthroughNode, and only when it has something new to say. Used by one thread.
 *
 * <p>Whether somebody deleted the object, or the Node was made anew, is looked at now and then rather than watched: a
 * watch by every agent of a big cluster costs the API server more than the case is worth.
 */
public final class NodeReporter {
    private static final Logger log = LoggerFactory.getLogger(NodeReporter.class);
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(5);
    private static final Duration SETTLE = Duration.ofSeconds(10);
    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(Names.AGENT)
            .withForce(true)
            .build();

    private final KubernetesClient client;
    private final String nodeName;
    private final Clock clock;
    private @Nullable PassthroughNodeStatus written;
    private @Nullable Instant looked;
    private @Nullable Instant statesChanged;

    public NodeReporter(KubernetesClient client, String nodeName, Clock clock) {
        this.client = client;
        this.nodeName = nodeName;
        this.clock = clock;
    }

    /**
     * The status as the API server has it: what an agent before this one left.
     *
     * @return null when there is none
     * @throws KubernetesClientException when the API server does not answer
     */
    public @Nullable PassthroughNodeStatus read() {
        PassthroughNode found =
                client.resources(PassthroughNode.class).withName(nodeName).get();
        return found == null ? null : found.getStatus();
    }

    /**
     * Makes the object say this.
     *
     * @return how long it may take until the same report has to be made again, though nothing changed
     * @throws KubernetesClientException when the API server does not take it; call again later
     */
    public Duration report(NodeReport report) {
        Instant now = clock.instant();
        if (looked == null || !now.isBefore(looked.plus(LOOK_AGAIN))) {
            ensureObject();
            looked = now;
        }
        PassthroughNodeStatus status = report.status(written, now);
        if (status.equals(written)) {
            statesChanged = null;
            return LOOK_AGAIN;
        }
        if (canWait(status, now)) {
            return SETTLE;
        }
        PassthroughNode node = named();
        node.setStatus(status);
        try {
            client.resource(node).subresource("status").patch(APPLY, node);
        } catch (KubernetesClientException e) {
            looked = null;
            throw e;
        }
        written = status;
        statesChanged = null;
        log.atInfo()
                .addKeyValue("node", nodeName)
                .addKeyValue("devices", sizeOf(status.devices()))
                .addKeyValue("grants", sizeOf(status.grants()))
                .log("reported");
        return LOOK_AGAIN;
    }

    /**
     * A device becomes Allocated a moment before its grant is given, and Free a moment after that ends. Nobody decides
     * by these states alone, so they wait a little for the grant and need no write of their own.
     */
    private boolean canWait(PassthroughNodeStatus status, Instant now) {
        if (written == null || !stateless(status).equals(stateless(written))) {
            return false;
        }
        if (statesChanged == null) {
            statesChanged = now;
        }
        return now.isBefore(statesChanged.plus(SETTLE));
    }

    /** The status as if every held device were free. */
    private static PassthroughNodeStatus stateless(PassthroughNodeStatus status) {
        List<Device> devices = status.devices();
        return new PassthroughNodeStatus(
                status.bootID(),
                status.conditions(),
                devices == null
                        ? null
                        : devices.stream().map(NodeReporter::stateless).toList(),
                status.grants());
    }

    private static Device stateless(Device device) {
        return device.state() == State.Allocated ? device.in(State.Free) : device;
    }

    /** Makes the object where it is missing or belongs to a Node of this name that is no more. */
    private void ensureObject() {
        Node owner = client.nodes().withName(nodeName).get();
        if (owner == null) {
            throw new KubernetesClientException("found no Node " + nodeName
                    + "; give the name under which this node's kubelet registered, by --node or NODE_NAME");
        }
        String uid = owner.getMetadata().getUid();
        PassthroughNode found =
                client.resources(PassthroughNode.class).withName(nodeName).get();
        if (found == null || !found.hasOwnerReferenceFor(uid)) {
            PassthroughNode made = named();
            made.addOwnerReference(owner);
            client.resource(made).patch(APPLY, made);
        }
        written = found == null ? null : found.getStatus();
    }

    private PassthroughNode named() {
        PassthroughNode node = new PassthroughNode();
        node.setMetadata(new ObjectMetaBuilder().withName(nodeName).build());
        return node;
    }

    private static int sizeOf(@Nullable List<?> list) {
        return list == null ? 0 : list.size();
    }
}
