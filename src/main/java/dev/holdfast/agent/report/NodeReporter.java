package dev.holdfast.agent.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.agent.apiserver.ApiServer;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.ObjectMeta;
import dev.holdfast.agent.apiserver.ObjectPath;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
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

    private final ApiServer server;
    private final String nodeName;
    private final Clock clock;
    private @Nullable PassthroughNodeStatus written;
    private @Nullable Instant looked;
    private @Nullable Instant statesChanged;

    public NodeReporter(ApiServer server, String nodeName, Clock clock) {
        this.server = server;
        this.nodeName = nodeName;
        this.clock = clock;
    }

    /**
     * The status as the API server has it: what an agent before this one left.
     *
     * @return null when there is none
     * @throws ApiServerException when the API server does not answer
     */
    public @Nullable PassthroughNodeStatus read() throws ApiServerException {
        return found().map(Found::status).orElse(null);
    }

    /**
     * Makes the object say this.
     *
     * @return how long it may take until the same report has to be made again, though nothing changed
     * @throws ApiServerException when the API server does not take it; call again later
     */
    public Duration report(NodeReport report) throws ApiServerException {
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
        try {
            server.apply(ObjectPath.passthroughNode(nodeName) + "/status", Names.AGENT, applied(List.of(), status));
        } catch (ApiServerException e) {
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
        return device.state() == DeviceState.Allocated ? device.in(DeviceState.Free) : device;
    }

    /** Makes the object where it is missing or belongs to a Node of this name that is no more. */
    private void ensureObject() throws ApiServerException {
        String uid = server.metadata(ObjectPath.node(nodeName), ObjectMeta::ofObject)
                .map(ObjectMeta::uid)
                .orElseThrow(() -> new ApiServerException("found no Node " + nodeName
                        + "; give the name under which this node's kubelet registered, by --node or NODE_NAME"));
        Optional<Found> found = found();
        if (found.isEmpty() || !found.get().isOwnedBy(uid)) {
            server.apply(
                    ObjectPath.passthroughNode(nodeName),
                    Names.AGENT,
                    applied(List.of(new Owner("v1", "Node", nodeName, uid)), null));
        }
        written = found.map(Found::status).orElse(null);
    }

    private Optional<Found> found() throws ApiServerException {
        return server.get(Found.class, ObjectPath.passthroughNode(nodeName));
    }

    /** What there is already, as far as it matters. */
    private record Found(Metadata metadata, @Nullable PassthroughNodeStatus status) {
        boolean isOwnedBy(String uid) {
            return Objects.requireNonNullElse(metadata.ownerReferences(), List.<Owner>of()).stream()
                    .anyMatch(owner -> owner.uid().equals(uid));
        }
    }

    /** What is applied: this much of the object is ours. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Applied(
            String apiVersion,
            String kind,
            Metadata metadata,
            @Nullable PassthroughNodeStatus status) {}

    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    private record Metadata(String name, @Nullable List<Owner> ownerReferences) {}

    private record Owner(String apiVersion, String kind, String name, String uid) {}

    private Applied applied(List<Owner> owners, @Nullable PassthroughNodeStatus status) {
        return new Applied(
                Names.GROUP + "/" + Names.VERSION,
                PassthroughNode.class.getSimpleName(),
                new Metadata(nodeName, owners),
                status);
    }

    private static int sizeOf(@Nullable List<?> list) {
        return list == null ? 0 : list.size();
    }
}
