package dev.holdfast.agent.loop;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.apiserver.ApiServer;
import dev.holdfast.agent.apiserver.Mirror;
import dev.holdfast.agent.apiserver.ObjectPath;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The labels of this node's Node, kept up to date by a watch of that one object. */
final class NodeLabels implements AutoCloseable {
    private final Mirror<Map<String, String>> mirror;
    private volatile Map<String, String> known = Map.of();

    /** Does not connect before {@link #start}. */
    NodeLabels(ApiServer server, String nodeName) {
        mirror = new Mirror<>(server, ObjectPath.onlyNode(nodeName), "nodes", NodeLabels::of);
    }

    /**
     * Starts watching, and does not wait for the API server.
     *
     * @param changed called when labels have changed: a Node's status does so every few seconds
     */
    void start(Runnable changed) {
        mirror.start(changed);
    }

    /**
     * Empty until they are known. A Node that is deleted, so that its kubelet makes it anew, keeps the labels that it had:
     * else every class that asks for labels would end for that moment, and with it what is bound for it.
     */
    Optional<Map<String, String>> labels() {
        return mirror.found().map(nodes -> {
            nodes.stream().findFirst().ifPresent(labels -> known = labels);
            return known;
        });
    }

    private static Map<String, String> of(JsonNode node) {
        return node.path("metadata").path("labels").properties().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, label -> label.getValue().asText()));
    }

    @Override
    public void close() {
        mirror.close();
    }
}
