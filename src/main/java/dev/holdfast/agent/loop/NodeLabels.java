package dev.holdfast.agent.loop;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.JsonFields;
import dev.holdfast.agent.apiserver.ObjectPath;
import dev.holdfast.agent.apiserver.Reflector;
import dev.holdfast.telemetry.AgentMeters;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** Labels of this node's Node, kept up to date by a watch of that object. */
final class NodeLabels implements AutoCloseable {
    private final Reflector<Map<String, String>> reflector;
    private volatile Map<String, String> known = Map.of();

    /** Creates the object; it does not connect before {@link #start}. */
    NodeLabels(ApiClient server, String nodeName, AgentMeters meters) {
        reflector = new Reflector<>(
                server, new Reflector.Collection<>(ObjectPath.onlyNode(nodeName), "nodes", true, Labels::new), meters);
    }

    /**
     * Starts watching; does not wait for the API server.
     *
     * @param changed called when labels have changed; other changes, such as those of the Node's status every few
     *                seconds, are ignored
     */
    void start(Runnable changed) {
        reflector.start(changed);
    }

    /**
     * Returns the labels; empty until they are known. After the deletion of a Node, which its kubelet then creates
     * again, the former labels are kept: otherwise every class with a node selector would end for that moment, and its
     * devices would be given back.
     */
    Optional<Map<String, String>> labels() {
        return reflector.found().map(nodes -> {
            nodes.stream().findFirst().ifPresent(labels -> known = labels);
            return known;
        });
    }

    private static final class Labels implements Reflector.Projection<Map<String, String>> {
        /** Maximum number of labels, far more than any node has. */
        private static final int MOST = 4096;

        private static final int LONGEST = 317;

        private Map<String, String> labels = Map.of();

        @Override
        public void metadata(String field, JsonParser json) throws IOException {
            if (field.equals("labels")) {
                labels = JsonFields.texts(json, MOST, LONGEST);
            }
        }

        @Override
        public Map<String, String> result(String name) {
            return labels;
        }
    }

    @Override
    public void close() {
        reflector.close();
    }
}
