package dev.holdfast.agent.loop;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.ObjectPath;
import dev.holdfast.agent.apiserver.Reflector;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.telemetry.AgentMeters;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Device classes of a node, kept up to date by watches of the classes and of the Node, whose labels select them. */
public final class DeviceClassWatcher implements AutoCloseable {
    private final Reflector<DeviceClass> reflector;
    private final NodeLabels node;

    /** Creates the object; it does not connect before {@link #start}. */
    public DeviceClassWatcher(ApiClient server, String nodeName, AgentMeters meters) {
        node = new NodeLabels(server, nodeName, meters);
        reflector = new Reflector<>(
                server,
                new Reflector.Collection<>(
                        ObjectPath.passthroughDeviceClasses(), "classes", false, ClassProjection::new),
                meters);
    }

    /**
     * Starts watching; does not wait for the API server.
     *
     * @param changed called after every change, and after the first list
     */
    public void start(Runnable changed) {
        reflector.start(changed);
        node.start(changed);
    }

    /**
     * Returns the classes of this node; empty until the first lists were read, since unknown classes are not the same
     * as no classes.
     */
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
