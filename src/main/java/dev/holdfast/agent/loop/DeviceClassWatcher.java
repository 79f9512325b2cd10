package dev.holdfast.agent.loop;

import dev.holdfast.agent.apiserver.ApiServer;
import dev.holdfast.agent.apiserver.ObjectPath;
import dev.holdfast.agent.apiserver.Reflector;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.telemetry.AgentMeters;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The device classes of a node, kept up to date by watches of the classes and of the Node, whose labels decide. */
public final class DeviceClassWatcher implements AutoCloseable {
    private final Reflector<DeviceClass> reflector;
    private final NodeLabels node;

    /** Does not connect before {@link #start}. */
    public DeviceClassWatcher(ApiServer server, String nodeName, AgentMeters meters) {
        node = new NodeLabels(server, nodeName, meters);
        reflector = new Reflector<>(
                server,
                new Reflector.Collection<>(
                        ObjectPath.passthroughDeviceClasses(), "classes", false, ClassProjection::new),
                meters);
    }

    /**
     * Starts watching, and does not wait for the API server.
     *
     * @param changed called after every change, and when the first list is in
     */
    public void start(Runnable changed) {
        reflector.start(changed);
        node.start(changed);
    }

    /** Empty until the first lists are in: no class known is not the same as no class there. */
    public Optional<List<DeviceClass>> classes() {
        return reflector.found().flatMap(all -> node.labels().map(labels -> on(labels, all)));
    }

    private static List<DeviceClass> on(Map<String, String> labels, List<DeviceClass> all) {
        return all.stream().filter(one -> one.isFor(labels)).toList();
    }

    @Override
    public void close() {
        node.close();
        reflector.close();
    }
}
