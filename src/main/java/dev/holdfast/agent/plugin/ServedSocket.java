package dev.holdfast.agent.plugin;

import io.grpc.BindableService;
import io.grpc.Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Unix socket with gRPC services, created again when its file vanishes or is replaced. Not thread-safe. */
public final class ServedSocket {
    private final UnixGrpc grpc;
    private final Path path;
    private final List<BindableService> services;
    private @Nullable Server server;
    private @Nullable Identity bound;

    /** Creates the object; nothing is served yet. */
    public ServedSocket(UnixGrpc grpc, Path path, BindableService... services) {
        this.grpc = grpc;
        this.path = path;
        this.services = List.of(services);
    }

    public Path path() {
        return path;
    }

    /**
     * Serves unless it does already; one stat call then.
     *
     * @return whether the socket was created by this call
     * @throws IOException when it cannot be created; retry later
     */
    public boolean ensure() throws IOException {
        Identity ours = Identity.of(path);
        if (ours != null && ours.equals(bound)) {
            return false;
        }
        stop();
        Files.deleteIfExists(path);
        server = grpc.serve(path, services);
        bound = Identity.of(path);
        return true;
    }

    /** Ends the service and deletes the socket. */
    public void stop() throws IOException {
        Server running = server;
        if (running == null) {
            return;
        }
        running.shutdownNow();
        try {
            // The old server deletes its socket file when it ends: a new one must not exist before.
            running.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server = null;
        bound = null;
        Files.deleteIfExists(path);
    }

    /** Identity of a socket file among successive files of the same name; inode numbers alone are reused. */
    record Identity(@Nullable Object fileKey, FileTime modified) {
        static @Nullable Identity of(Path file) throws IOException {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                return new Identity(attributes.fileKey(), attributes.lastModifiedTime());
            } catch (NoSuchFileException e) {
                return null;
            }
        }
    }
}
