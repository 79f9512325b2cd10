package dev.holdfast.testbed.kubelet.claim;

import dev.holdfast.agent.kubelet.registration.v1.InfoRequest;
import dev.holdfast.agent.kubelet.registration.v1.PluginInfo;
import dev.holdfast.agent.kubelet.registration.v1.RegistrationGrpc;
import dev.holdfast.agent.kubelet.registration.v1.RegistrationStatus;
import dev.holdfast.testbed.kubelet.device.UnixGrpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The DRA drivers of a node, found as the kubelet finds them: by their sockets in {@code plugins_registry}. The kubelet
 * follows inotify; this one looks when it is told to.
 */
public final class DraDrivers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DraDrivers.class);
    private static final long DEADLINE_SECONDS = 30;

    private final UnixGrpc grpc;
    private final Path registry;
    private final Map<Path, Registered> registered = new HashMap<>();

    /** @param identity of the socket's file: one that was made anew registers anew */
    private record Registered(@Nullable Object identity, String driver, DriverConnection connection) {}

    public DraDrivers(UnixGrpc grpc, Path registry) {
        this.grpc = grpc;
        this.registry = registry;
    }

    /** Registers drivers whose socket is new, and forgets those whose socket has gone. */
    public synchronized void look() throws IOException {
        Set<Path> found = new HashSet<>();
        if (Files.isDirectory(registry)) {
            try (DirectoryStream<Path> sockets = Files.newDirectoryStream(registry, "*.sock")) {
                for (Path socket : sockets) {
                    if (look(socket)) {
                        found.add(socket);
                    }
                }
            }
        }
        for (Iterator<Map.Entry<Path, Registered>> i = registered.entrySet().iterator(); i.hasNext(); ) {
            Map.Entry<Path, Registered> entry = i.next();
            if (!found.contains(entry.getKey())) {
                entry.getValue().connection().close();
                i.remove();
            }
        }
    }

    /** The driver of this name; empty while none is registered. */
    public synchronized Optional<DriverConnection> find(String driver) {
        return registered.values().stream()
                .filter(one -> one.driver().equals(driver))
                .map(Registered::connection)
                .findFirst();
    }

    private boolean look(Path socket) throws IOException {
        Object identity;
        try {
            BasicFileAttributes attributes = Files.readAttributes(socket, BasicFileAttributes.class);
            identity = attributes.fileKey() + " " + attributes.lastModifiedTime();
        } catch (NoSuchFileException e) {
            return false;
        }
        Registered former = registered.get(socket);
        if (former != null && Objects.equals(former.identity(), identity)) {
            return true;
        }
        if (former != null) {
            former.connection().close();
            registered.remove(socket);
        }
        return register(socket, identity);
    }

    private boolean register(Path socket, Object identity) {
        ManagedChannel channel = grpc.connect(socket);
        try {
            RegistrationGrpc.RegistrationBlockingStub plugin =
                    RegistrationGrpc.newBlockingStub(channel).withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
            PluginInfo info = plugin.getInfo(InfoRequest.getDefaultInstance());
            String problem = !info.getType().equals("DRAPlugin")
                    ? "no handler registered for plugin type: " + info.getType()
                    : !info.getSupportedVersionsList().contains("v1.DRAPlugin")
                            ? "none of the versions supported: " + info.getSupportedVersionsList()
                            : "";
            if (problem.isEmpty()) {
                registered.put(
                        socket,
                        new Registered(
                                identity,
                                info.getName(),
                                new DriverConnection(
                                        grpc.connect(Path.of(info.getEndpoint())), info.getSupportedVersionsList())));
            }
            plugin.notifyRegistrationStatus(RegistrationStatus.newBuilder()
                    .setPluginRegistered(problem.isEmpty())
                    .setError(problem)
                    .build());
            return problem.isEmpty();
        } catch (StatusRuntimeException e) {
            log.atWarn()
                    .addKeyValue("socket", socket)
                    .addKeyValue("cause", e.getMessage())
                    .log("DRA driver does not answer where its socket is");
            return false;
        } finally {
            channel.shutdownNow();
        }
    }

    @Override
    public synchronized void close() {
        registered.values().forEach(one -> one.connection().close());
        registered.clear();
    }
}
