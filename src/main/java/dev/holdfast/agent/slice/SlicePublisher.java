package dev.holdfast.agent.slice;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.ObjectMeta;
import dev.holdfast.agent.apiserver.ObjectPath;
import dev.holdfast.agent.apiserver.Reflector;
import dev.holdfast.api.Names;
import dev.holdfast.retry.RetryDelay;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.text.LogKeys;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes devices in the ResourceSlices of this node. Not thread-safe.
 *
 * <p>The slices are watched, since others delete them: the kubelet does when it starts, and 30 s after the driver has
 * left. While they are as they must be, there is no request. Otherwise they are read from the API server again before
 * anything is written, so that a watch that is late never leads to a second write.
 */
public final class SlicePublisher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SlicePublisher.class);

    /** Interval without a change; also of checks whether the API server serves ResourceSlices by now. */
    private static final Duration CHECK_INTERVAL = Duration.ofMinutes(5);

    private static final String NOT_SERVED = "the API server does not serve resource.k8s.io/v1, which classes with"
            + " allocation DRA require; upgrade the cluster to Kubernetes 1.34 or later, or set the allocation of these"
            + " classes to DevicePlugin";

    /** Answers to a write of a slice that was changed or deleted since it was read; not a fault. */
    private static final Set<Integer> CHANGED_MEANWHILE = Set.of(404, 409);

    private final ApiClient server;
    private final String nodeName;
    private final Runnable changed;
    private final AgentMeters meters;
    private final Clock clock;
    private final Reflector.Collection<PublishedSlice> slices;
    private final RetryDelay retry = new RetryDelay();
    private @Nullable Reflector<PublishedSlice> watch;
    private @Nullable String nodeUid;
    /** True if nothing is published and nothing of a former agent is left. */
    private boolean removed;

    private Instant retryAt = Instant.MIN;
    private @Nullable String problem;
    private boolean served = true;

    /**
     * Creates the publisher; it does not connect yet.
     *
     * @param changed called on another thread after each change of the slices
     */
    public SlicePublisher(ApiClient server, String nodeName, Runnable changed, AgentMeters meters, Clock clock) {
        this.server = server;
        this.nodeName = nodeName;
        this.changed = changed;
        this.meters = meters;
        this.clock = clock;
        slices = new Reflector.Collection<>(
                ObjectPath.resourceSlicesOf(nodeName, Names.DRA_DRIVER), "slices", false, SliceProjection::new);
    }

    /**
     * Publishes these devices and no others. Without any, the slices of this node are removed, and not watched any more.
     *
     * @param devices  devices with unique names
     * @param problems receives a message when slices cannot be read or written
     * @return maximum time until the devices have to be passed again, even without a change
     */
    public Duration publish(List<SliceDevice> devices, Collection<String> problems) {
        Instant now = clock.instant();
        if (!now.isBefore(retryAt)) {
            attempt(devices, now);
        }
        Optional.ofNullable(problem).ifPresent(problems::add);
        return now.isBefore(retryAt) ? Duration.between(now, retryAt) : CHECK_INTERVAL;
    }

    /** Returns the message why there can be no ResourceSlices in this cluster; empty when there can. */
    public Optional<String> notServed() {
        return served ? Optional.empty() : Optional.ofNullable(problem);
    }

    private void attempt(List<SliceDevice> devices, Instant now) {
        try {
            served = sync(devices);
            retry.succeeded();
            retryAt = served ? Instant.MIN : now.plus(CHECK_INTERVAL);
            problem = served ? null : NOT_SERVED;
            meters.slices().published(served ? devices.size() : 0);
        } catch (ApiServerException e) {
            retryAt = now.plus(retry.failed());
            problem = CHANGED_MEANWHILE.contains(e.status())
                    ? null
                    : Objects.toString(e.getMessage(), "the API server cannot be asked for ResourceSlices");
        }
    }

    /** @return false when the API server does not serve ResourceSlices */
    private boolean sync(List<SliceDevice> devices) throws ApiServerException {
        if (devices.isEmpty() && watch == null) {
            return removed || removeAll();
        }
        removed = false;
        if (watch == null && !startWatch()) {
            return false;
        }
        Optional<List<PublishedSlice>> seen = Optional.ofNullable(watch).flatMap(Reflector::found);
        if (seen.isEmpty()) {
            // The first list calls changed.
            return true;
        }
        if (nodeUid == null) {
            nodeUid = readNodeUid();
        }
        if (SlicePlan.of(nodeName, nodeUid, devices, seen.get()).isEmpty()) {
            if (devices.isEmpty()) {
                close();
                removed = true;
            }
            return true;
        }
        // The Node may have been created again since, which is why its slices are gone.
        nodeUid = readNodeUid();
        return write(devices);
    }

    private boolean startWatch() throws ApiServerException {
        if (server.list(slices).isEmpty()) {
            return false;
        }
        Reflector<PublishedSlice> started = new Reflector<>(server, slices, meters);
        watch = started;
        started.start(changed);
        return true;
    }

    /** Removes what a former agent has published. A server without ResourceSlices has none. */
    private boolean removeAll() throws ApiServerException {
        write(List.of());
        removed = true;
        return true;
    }

    private boolean write(List<SliceDevice> devices) throws ApiServerException {
        Optional<List<PublishedSlice>> found = server.list(slices);
        if (found.isEmpty()) {
            return false;
        }
        String uid = Objects.requireNonNullElse(nodeUid, "");
        for (SliceWrite write : SlicePlan.of(nodeName, uid, devices, found.get())) {
            write(write, uid);
        }
        return true;
    }

    private void write(SliceWrite write, String uid) throws ApiServerException {
        switch (write) {
            case SliceWrite.Create create -> {
                server.create(ObjectPath.resourceSlices(), ResourceSlice.created(nodeName, uid, create));
                written("create", create.devices().size());
            }
            case SliceWrite.Replace replace -> {
                server.replace(
                        ObjectPath.resourceSlice(replace.before().name()),
                        ResourceSlice.replaced(nodeName, uid, replace));
                written("replace", replace.devices().size());
            }
            case SliceWrite.Delete delete -> {
                server.delete(
                        ObjectPath.resourceSlice(delete.before().name()),
                        delete.before().version());
                written("delete", 0);
            }
        }
    }

    private void written(String operation, int devices) {
        meters.slices().written(operation);
        log.atInfo()
                .addKeyValue(LogKeys.NODE, nodeName)
                .addKeyValue("operation", operation)
                .addKeyValue("devices", devices)
                .log("ResourceSlice written");
    }

    private String readNodeUid() throws ApiServerException {
        return server.metadata(ObjectPath.node(nodeName), ObjectMeta::ofObject)
                .map(ObjectMeta::uid)
                .orElseThrow(
                        () -> new ApiServerException(
                                "Node " + nodeName
                                        + " not found; set the name under which the kubelet of this node is registered, with --node or NODE_NAME"));
    }

    /** Ends the watch. The slices stay; the next agent continues with them. */
    @Override
    public void close() {
        Optional.ofNullable(watch).ifPresent(Reflector::close);
        watch = null;
    }
}
