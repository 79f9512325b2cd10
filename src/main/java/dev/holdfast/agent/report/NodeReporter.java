package dev.holdfast.agent.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.ObjectMeta;
import dev.holdfast.agent.apiserver.ObjectPath;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.text.LogKeys;
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
 * Writes the PassthroughNode of this node when its status changes. Not thread-safe.
 *
 * <p>Whether the object was deleted, or the Node was created again, is checked at intervals instead of watched: a watch
 * by every agent of a large cluster costs the API server more than this case is worth.
 */
public final class NodeReporter {
    private static final Logger log = LoggerFactory.getLogger(NodeReporter.class);
    private static final Duration CHECK_INTERVAL = Duration.ofMinutes(5);
    private static final Duration SETTLE = Duration.ofSeconds(10);

    private final ApiClient server;
    private final String nodeName;
    private final Clock clock;
    private @Nullable PassthroughNodeStatus written;
    private @Nullable Instant checked;
    private @Nullable Instant statesChanged;

    public NodeReporter(ApiClient server, String nodeName, Clock clock) {
        this.server = server;
        this.nodeName = nodeName;
        this.clock = clock;
    }

    /**
     * Returns the status as the API server has it, written by the previous agent.
     *
     * @return null when there is none
     * @throws ApiServerException when the API server is not responding
     */
    public @Nullable PassthroughNodeStatus read() throws ApiServerException {
        return found().map(Found::status).orElse(null);
    }

    /**
     * Writes a report, if it differs from the status.
     *
     * @return maximum time until the report has to be passed again, even without a change
     * @throws ApiServerException when the API server refuses it or is not responding; retry later
     */
    public Duration report(NodeReport report) throws ApiServerException {
        Instant now = clock.instant();
        if (checked == null || !now.isBefore(checked.plus(CHECK_INTERVAL))) {
            ensureObject();
            checked = now;
        }
        PassthroughNodeStatus status = report.status(written, now);
        if (status.equals(written)) {
            statesChanged = null;
            return CHECK_INTERVAL;
        }
        if (canWait(status, now)) {
            return SETTLE;
        }
        try {
            server.apply(ObjectPath.passthroughNode(nodeName) + "/status", Names.AGENT, applied(List.of(), status));
        } catch (ApiServerException e) {
            checked = null;
            throw e;
        }
        written = status;
        statesChanged = null;
        log.atInfo()
                .addKeyValue(LogKeys.NODE, nodeName)
                .addKeyValue(LogKeys.DEVICES, sizeOf(status.devices()))
                .addKeyValue("grants", sizeOf(status.grants()))
                .log("node report written");
        return CHECK_INTERVAL;
    }

    /**
     * Returns whether the write can be delayed. A device becomes Allocated a moment before its grant, and Free a moment
     * after the end of the grant. No decision depends on these states alone, so they are written together with the
     * grants.
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

    /** Returns the status with every held device as free. */
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

    /** Creates the object when it is missing, or belongs to a former Node of the same name. */
    private void ensureObject() throws ApiServerException {
        String uid = server.metadata(ObjectPath.node(nodeName), ObjectMeta::ofObject)
                .map(ObjectMeta::uid)
                .orElseThrow(
                        () -> new ApiServerException(
                                "Node " + nodeName
                                        + " not found; set the name under which the kubelet of this node is registered, with --node or NODE_NAME"));
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

    /** Existing object, as far as it is needed. */
    private record Found(Metadata metadata, @Nullable PassthroughNodeStatus status) {
        boolean isOwnedBy(String uid) {
            return Objects.requireNonNullElse(metadata.ownerReferences(), List.<Owner>of()).stream()
                    .anyMatch(owner -> owner.uid().equals(uid));
        }
    }

    /** Applied object: the fields that the agent owns. */
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
