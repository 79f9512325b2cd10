package dev.holdfast.agent.bind;

import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.telemetry.EventWriter;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Events about this node's PassthroughNode. */
public final class NodeEvents implements BindAnnouncer {
    private static final Logger log = LoggerFactory.getLogger(NodeEvents.class);

    private final KubernetesClient client;
    private final String nodeName;
    private final EventWriter events;

    public NodeEvents(KubernetesClient client, String nodeName, Clock clock) {
        this.client = client;
        this.nodeName = nodeName;
        this.events = new EventWriter(client, Names.AGENT, nodeName, clock);
    }

    /** An Event that cannot be written is lost: the status says the same. */
    @Override
    public void tell(EventWriter.Notice notice) {
        try {
            PassthroughNode node =
                    client.resources(PassthroughNode.class).withName(nodeName).get();
            if (node != null) {
                events.write(node, "Bind", notice);
            }
        } catch (KubernetesClientException e) {
            log.atWarn()
                    .addKeyValue("reason", notice.reason())
                    .addKeyValue("error", e.getMessage())
                    .log("Event not written");
        }
    }
}
