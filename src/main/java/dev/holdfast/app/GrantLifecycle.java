package dev.holdfast.app;

import dev.holdfast.agent.grant.GrantRegistry;
import dev.holdfast.agent.grant.server.GrantServer;
import dev.holdfast.agent.loop.LiveGrants;
import dev.holdfast.api.node.Grant;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Grants as the loop uses them. The socket opens only after the registry is restored: before that a second process of a
 * pod would be mistaken for the first.
 */
final class GrantLifecycle implements LiveGrants, AutoCloseable {
    private final GrantRegistry registry;
    private final ServerStart serverStart;
    private volatile @Nullable GrantServer server;

    interface ServerStart {
        GrantServer start() throws IOException;
    }

    GrantLifecycle(GrantRegistry registry, ServerStart serverStart) {
        this.registry = registry;
        this.serverStart = serverStart;
    }

    @Override
    public List<Grant> live() {
        return registry.live();
    }

    @Override
    public void restore(List<Grant> left) throws IOException {
        registry.restore(left);
        server = serverStart.start();
    }

    @Override
    public void reported(List<Grant> live) {
        registry.reported(live);
    }

    @Override
    public void close() {
        GrantServer running = server;
        if (running != null) {
            running.close();
        }
    }
}
