package dev.holdfast.agent.loop;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.DeviceClass;
import dev.holdfast.agent.apiserver.ApiJson;
import dev.holdfast.agent.apiserver.ApiServer;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.Mirror;
import dev.holdfast.agent.apiserver.ObjectPath;
import dev.holdfast.api.PassthroughDeviceClassSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The device classes of a node, kept up to date by watches of the classes and of the Node, whose labels decide. */
public final class ClassWatch implements AutoCloseable {
    private final Mirror<DeviceClass> mirror;
    private final NodeLabels node;

    /** Does not connect before {@link #start}. */
    public ClassWatch(ApiServer server, String nodeName) {
        node = new NodeLabels(server, nodeName);
        mirror = new Mirror<>(server, ObjectPath.passthroughDeviceClasses(), "classes", ClassWatch::of);
    }

    /**
     * Starts watching, and does not wait for the API server.
     *
     * @param changed called after every change, and when the first list is in
     */
    public void start(Runnable changed) {
        mirror.start(changed);
        node.start(changed);
    }

    /** Empty until the first lists are in: no class known is not the same as no class there. */
    public Optional<List<DeviceClass>> classes() {
        return mirror.found().flatMap(all -> node.labels().map(labels -> on(labels, all)));
    }

    private static List<DeviceClass> on(Map<String, String> labels, List<DeviceClass> all) {
        return all.stream().filter(one -> one.isFor(labels)).toList();
    }

    private static DeviceClass of(JsonNode object) throws ApiServerException {
        return DeviceClass.of(
                object.path("metadata").path("name").asText(),
                ApiJson.read(PassthroughDeviceClassSpec.class, object.path("spec")));
    }

    @Override
    public void close() {
        node.close();
        mirror.close();
    }
}
