package dev.holdfast.agent.loop;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The labels of this node's Node, kept up to date by a watch of that one object. */
final class NodeLabels implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NodeLabels.class);

    private final SharedIndexInformer<Node> informer;
    private volatile Map<String, String> known = Map.of();

    /** Does not connect before {@link #start}. */
    NodeLabels(KubernetesClient client, String nodeName) {
        informer = client.nodes().withField("metadata.name", nodeName).runnableInformer(0);
    }

    /**
     * Starts watching, and does not wait for the API server.
     *
     * @param changed called when labels have changed: a Node's status does so every few seconds
     */
    void start(Runnable changed) {
        informer.addEventHandler(new ResourceEventHandler<Node>() {
            @Override
            public void onAdd(Node added) {
                changed.run();
            }

            @Override
            public void onUpdate(Node before, Node after) {
                if (!labels(before).equals(labels(after))) {
                    changed.run();
                }
            }

            @Override
            public void onDelete(Node deleted, boolean stateUnknown) {
                changed.run();
            }
        });
        informer.exceptionHandler((started, e) -> {
            log.atWarn().setCause(e).log("cannot watch the Node; trying again");
            return true;
        });
        informer.start().thenRun(changed);
    }

    /**
     * Empty until they are known. A Node that is deleted, so that its kubelet makes it anew, keeps the labels that it had:
     * else every class that asks for labels would end for that moment, and with it what is bound for it.
     */
    Optional<Map<String, String>> labels() {
        if (!informer.hasSynced()) {
            return Optional.empty();
        }
        informer.getStore().list().stream().findFirst().ifPresent(node -> known = Map.copyOf(labels(node)));
        return Optional.of(known);
    }

    private static Map<String, String> labels(Node node) {
        return Objects.requireNonNullElse(node.getMetadata().getLabels(), Map.of());
    }

    @Override
    public void close() {
        informer.stop();
    }
}
