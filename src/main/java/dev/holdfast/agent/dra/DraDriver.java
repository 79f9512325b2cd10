package dev.holdfast.agent.dra;

import dev.holdfast.agent.plugin.AllocationGate;
import dev.holdfast.agent.plugin.FailureLog;
import dev.holdfast.agent.plugin.KubeletWatcher;
import dev.holdfast.agent.plugin.ServedSocket;
import dev.holdfast.agent.plugin.UnixGrpc;
import dev.holdfast.api.Names;
import dev.holdfast.api.node.Grant;
import dev.holdfast.inventory.GroupResolver;
import dev.holdfast.pci.GroupId;
import dev.holdfast.telemetry.AgentMeters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DRA driver of this node: two sockets, one where the kubelet finds the driver and one with its services. Not
 * thread-safe, except for {@link #held} and {@link #claimOf}.
 *
 * <p>A node without a device for claims has no driver, unless it had one before: the kubelet ends a pod only after the
 * driver has unprepared its claims, so a driver that was used is served for as long as there is an agent.
 */
public final class DraDriver implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DraDriver.class);

    private static final int PREPARING_THREADS = 4;
    private static final int WAITING_REQUESTS = 64;
    private static final int IDLE_SECONDS = 30;
    private static final int LAST_REQUESTS_SECONDS = 5;

    private final Place place;
    private final PreparedClaims prepared;
    private final ClaimPreparer preparer;
    private final HealthReports health;
    private final ServedSocket services;
    private final ServedSocket registration;
    private final KubeletWatcher watcher;
    private final ThreadPoolExecutor preparing = executor("dra-prepare-", PREPARING_THREADS);
    private final ThreadPoolExecutor unpreparing = executor("dra-unprepare-", 1);
    private final FailureLog failures = new FailureLog(log, "driver", Names.DRA_DRIVER);
    private boolean needed;

    /**
     * Place of the driver.
     *
     * @param node           name of the node, and of its pool
     * @param bootID         boot ID of the running kernel
     * @param registry       directory of the kubelet for registration sockets
     * @param directory      directory of the driver, with the same path as on the node: socket and checkpoint
     * @param cdi            directory of CDI files
     * @param grantDirectory directory of the grant socket on the node
     */
    public record Place(String node, String bootID, Path registry, Path directory, Path cdi, Path grantDirectory) {}

    /**
     * Creates the driver; nothing is served or read yet.
     *
     * @param sources claims of the API server and devices of the kubelet
     * @param groups  finds the functions of a group that can be used now
     * @param grants  returns the grants of running VMs
     * @param gate    can refuse each claim
     * @param changed called after claims were prepared or unprepared and when a socket may have vanished, on other
     *                threads
     */
    public DraDriver(
            Place place,
            ClaimSources sources,
            GroupResolver groups,
            Supplier<List<Grant>> grants,
            AllocationGate gate,
            UnixGrpc grpc,
            Runnable changed,
            AgentMeters meters,
            Clock clock) {
        this(place, StateFiles.REAL, sources, groups, grants, gate, grpc, changed, meters, clock);
    }

    DraDriver(
            Place place,
            StateFiles files,
            ClaimSources sources,
            GroupResolver groups,
            Supplier<List<Grant>> grants,
            AllocationGate gate,
            UnixGrpc grpc,
            Runnable changed,
            AgentMeters meters,
            Clock clock) {
        this.place = place;
        prepared = new PreparedClaims(
                new Checkpoint(place.directory(), place.bootID(), files),
                new ClaimCdiFiles(
                        place.cdi(),
                        place.grantDirectory(),
                        new DeviceMetadataFiles(place.directory(), place.node(), files),
                        files),
                gate);
        preparer = new ClaimPreparer(place.node(), sources, groups, grants, prepared);
        health = new HealthReports(clock);
        Path socket = place.directory().resolve("dra.sock");
        services = new ServedSocket(
                grpc,
                socket,
                new DraPluginService(place.node(), preparer, preparing, unpreparing, changed, meters),
                new HealthV1Service(place.node(), health),
                new HealthV1Alpha1Service(place.node(), health));
        registration = new ServedSocket(
                grpc,
                place.registry().resolve(Names.DRA_DRIVER + "-reg.sock"),
                new RegistrationService(socket, meters));
        watcher = new KubeletWatcher(Map.of(place.registry(), changed, place.directory(), changed));
    }

    /**
     * Replaces the devices for claims.
     *
     * @param kvm whether VMs get /dev/kvm
     */
    public void offer(List<ClaimableDevice> devices, boolean kvm) {
        preparer.offer(devices, kvm);
        health.report(devices.stream().map(DeviceHealth::of).toList());
        needed |= !devices.isEmpty();
        ensure();
    }

    /** Takes over prepared claims, and serves again where a socket has vanished; cheap otherwise. */
    public void ensure() {
        failures.attempt(() -> {
            prepared.restore();
            if (needed || prepared.used()) {
                serve();
            }
        });
    }

    /** Returns whether all that is needed is served; the kubelet then finds it by itself. */
    public boolean served() {
        return !failures.failed();
    }

    /**
     * Returns the class of each group that claims have, by group ID. Thread-safe.
     *
     * @throws IOException when those of the previous agent cannot be read
     */
    public Map<GroupId, String> held() throws IOException {
        prepared.restore();
        return prepared.held();
    }

    /**
     * Returns the message why a group cannot be offered by a device plugin; null when no claim has it. Thread-safe.
     */
    public @Nullable String claimOf(GroupId groupId) {
        return prepared.holder(groupId)
                .map(claim -> groupId + " is prepared for ResourceClaim " + claim.fullName()
                        + "; it is offered once the pod of that claim has ended")
                .orElse(null);
    }

    private void serve() throws IOException {
        Files.createDirectories(place.registry());
        Files.createDirectories(place.directory());
        watcher.ensure();
        prepared.markUsed();
        services.ensure();
        // Last: the kubelet connects to the services when it finds this one.
        registration.ensure();
    }

    /** Ends the services. Prepared claims stay prepared; the next agent continues from there. */
    @Override
    public void close() {
        watcher.close();
        try {
            registration.stop();
            services.stop();
        } catch (IOException e) {
            log.atWarn().setCause(e).log("cannot remove a socket of the DRA driver");
        }
        end(preparing);
        end(unpreparing);
    }

    /** Waits for requests in progress: a kill between two files is survived, but need not be. */
    private static void end(ThreadPoolExecutor executor) {
        executor.shutdown();
        try {
            if (!executor.awaitTermination(LAST_REQUESTS_SECONDS, TimeUnit.SECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /** Returns an executor whose threads end when they have nothing to do. */
    private static ThreadPoolExecutor executor(String name, int threads) {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                threads,
                threads,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(WAITING_REQUESTS),
                Thread.ofPlatform().daemon().name(name, 0).factory());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }
}
