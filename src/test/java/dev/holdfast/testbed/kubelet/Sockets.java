package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.kubelet.claim.DraDrivers;
import dev.holdfast.testbed.kubelet.claim.PodClaims;
import dev.holdfast.testbed.kubelet.device.DeviceManager;
import dev.holdfast.testbed.kubelet.device.PodResources;
import dev.holdfast.testbed.kubelet.device.Registration;
import dev.holdfast.testbed.kubelet.device.UnixGrpc;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.grpc.Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kubelet's two sockets, and what plugins see of a kubelet that starts anew: both go and come, the directory of the
 * plugins is emptied, and none is known until it registers. What pods hold stays, as in the checkpoint of a real one, and
 * containers do not notice.
 */
final class Sockets {
    private static final Logger log = LoggerFactory.getLogger(Sockets.class);
    private static final String RESTART = "restart";

    private final UnixGrpc grpc = new UnixGrpc();
    private final Registration registration;
    private final Path podResources;
    private final DeviceManager devices;
    private final PodClaims claims;
    private final List<Server> servers = new ArrayList<>();

    Sockets(Options options, DeviceManager devices, BiFunction<String, String, @Nullable ResourceClaim> claims) {
        this.claims = new PodClaims(new DraDrivers(grpc, options.registry()), claims);
        this.registration = new Registration(grpc, options.devicePlugins(), devices);
        this.podResources = options.podResources();
        this.devices = devices;
    }

    PodClaims claims() {
        return claims;
    }

    void start() throws IOException {
        servers.add(registration.start());
        servers.add(grpc.serve(podResources, new PodResources(devices, claims::of)));
    }

    /** Restarts whenever a file named "restart" is created in this directory; the file is then removed. */
    void restartOnRequestIn(Path directory) throws IOException {
        Files.createDirectories(directory);
        WatchService watch = directory.getFileSystem().newWatchService();
        directory.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
        Thread.ofPlatform().daemon().name("restarts").start(() -> {
            try {
                while (true) {
                    WatchKey key = watch.take();
                    key.pollEvents();
                    key.reset();
                    if (Files.deleteIfExists(directory.resolve(RESTART))) {
                        restart();
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                log.atError().setCause(e).log("The kubelet could not start anew");
            }
        });
    }

    private void restart() throws IOException, InterruptedException {
        for (Server server : servers) {
            server.shutdownNow();
            // It removes the file of its name when it ends: the new one must not be there before.
            server.awaitTermination(5, TimeUnit.SECONDS);
        }
        servers.clear();
        devices.forgetPlugins();
        claims.forgetDrivers();
        start();
        log.info("Started anew");
    }
}
