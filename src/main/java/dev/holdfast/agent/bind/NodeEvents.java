package dev.holdfast.agent.bind;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.ObjectMeta;
import dev.holdfast.agent.apiserver.ObjectPath;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.telemetry.EventWriter;
import dev.holdfast.text.LogKeys;
import java.time.Clock;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes Events about this node's PassthroughNode. */
public final class NodeEvents implements BindAnnouncer {
    private static final Logger log = LoggerFactory.getLogger(NodeEvents.class);

    private final ApiClient server;
    private final String nodeName;
    private final EventWriter events;

    public NodeEvents(ApiClient server, String nodeName, Clock clock) {
        this.server = server;
        this.nodeName = nodeName;
        this.events = new EventWriter(server::create, Names.AGENT, nodeName, clock);
    }

    /** Writes an Event. An Event that cannot be written is logged and lost: the status has the same message. */
    @Override
    public void announce(EventWriter.Content content) {
        try {
            Optional<ObjectMeta> node = server.metadata(ObjectPath.passthroughNode(nodeName), ObjectMeta::ofObject);
            node.ifPresent(found -> events.write(regarding(found), "Bind", content));
        } catch (ApiServerException e) {
            log.atWarn()
                    .addKeyValue(LogKeys.REASON, content.reason())
                    .addKeyValue(LogKeys.ERROR, e.getMessage())
                    .log("cannot write the Event; it is lost");
        }
    }

    private EventWriter.Regarding regarding(ObjectMeta node) {
        return new EventWriter.Regarding(
                Names.GROUP + "/" + Names.VERSION, PassthroughNode.class.getSimpleName(), null, nodeName, node.uid());
    }
}
