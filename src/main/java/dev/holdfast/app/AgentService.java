package dev.holdfast.app;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.bind.BindController;
import dev.holdfast.agent.bind.NodeEvents;
import dev.holdfast.agent.dra.ClaimSources;
import dev.holdfast.agent.dra.DraDriver;
import dev.holdfast.agent.grant.GrantHandler;
import dev.holdfast.agent.grant.GrantMonitor;
import dev.holdfast.agent.grant.GrantRegistry;
import dev.holdfast.agent.grant.LockedMemorySampler;
import dev.holdfast.agent.grant.server.GrantServer;
import dev.holdfast.agent.loop.AgentLoop;
import dev.holdfast.agent.loop.AssignableGroups;
import dev.holdfast.agent.loop.DeviceClassWatcher;
import dev.holdfast.agent.loop.NodeObserver;
import dev.holdfast.agent.loop.OfferReceivers;
import dev.holdfast.agent.loop.Quarantine;
import dev.holdfast.agent.loop.UeventWatcher;
import dev.holdfast.agent.loop.WakeableLoop;
import dev.holdfast.agent.plugin.AllocationGate;
import dev.holdfast.agent.plugin.CdiDirectory;
import dev.holdfast.agent.plugin.DevicePlugins;
import dev.holdfast.agent.plugin.GrantPlugin;
import dev.holdfast.agent.plugin.KubeletWatcher;
import dev.holdfast.agent.plugin.PodResourcesClient;
import dev.holdfast.agent.plugin.UnixGrpc;
import dev.holdfast.agent.report.NodeReporter;
import dev.holdfast.agent.slice.OtherOffers;
import dev.holdfast.agent.slice.SlicePublisher;
import dev.holdfast.host.pci.ConfigSpace;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.host.pci.VfioDeviceNodes;
import dev.holdfast.host.process.BootId;
import dev.holdfast.host.process.CgroupTree;
import dev.holdfast.host.process.PodLookup;
import dev.holdfast.host.process.Procfs;
import dev.holdfast.host.usage.PciUsers;
import dev.holdfast.inventory.HostUse;
import dev.holdfast.pci.GroupId;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.text.LogKeys;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wires the agent of a node: it offers the devices and grants limits. */
final class AgentService implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AgentService.class);
    private static final Duration LAST_ATTEMPTS = Duration.ofSeconds(5);
    private static final Duration STUCK = Duration.ofMinutes(2);

    private final AgentPaths paths;
    private final Clock clock;
    private final UnixGrpc grpc = new UnixGrpc();
    private final DeviceClassWatcher classes;
    private final PodResourcesClient podResources;
    private final DevicePlugins plugins;
    private final GrantPlugin grantPlugin;
    private final DraDriver dra;
    private final SlicePublisher slices;
    private final AgentLoop loop;
    private final WakeableLoop rounds;
    private final GrantLifecycle grants;
    private final ExecutorService attempts = Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("bind-", 0).factory());
    private final GrantMonitor grantMonitor;
    private final AgentMeters meters;
    private final CgroupTree tree;
    private final KubeletWatcher kubeletWatcher;
    private @Nullable UeventWatcher ueventWatcher;

    /**
     * Ready to {@link #start}.
     *
     * @param server         not closed with this
     * @param sampleInterval between two samples of a VM's locked memory, after its first minute
     */
    AgentService(
            ApiClient server,
            String nodeName,
            boolean allowEmulation,
            AgentPaths paths,
            Duration sampleInterval,
            MeterRegistry meterRegistry,
            Clock clock)
            throws IOException {
        this.paths = paths;
        this.clock = clock;
        meters = new AgentMeters(meterRegistry);
        Procfs procfs = new Procfs(paths.procfs);
        tree = usable(paths.cgroupTree());
        GrantRegistry registry = new GrantRegistry(procfs, tree, live -> {
            watchProcesses();
            wake();
        });
        grantMonitor =
                new GrantMonitor(registry, new LockedMemorySampler(registry, procfs, meters, clock, sampleInterval));
        classes = new DeviceClassWatcher(server, nodeName, meters);
        podResources = new PodResourcesClient(paths.podResources, grpc, clock);
        String bootID = BootId.read(paths.procfs);
        AllocationGate gate = new AllocationGate(System::nanoTime);
        CdiDirectory cdi = new CdiDirectory(paths.cdi);
        plugins = new DevicePlugins(
                paths.devicePlugins, paths.grantDirectory, cdi::qualified, grpc, gate, this::allocated, meters);
        grantPlugin = new GrantPlugin(paths.devicePlugins, paths.grantDirectory, cdi.qualifiedGrant(), grpc, meters);
        BindController binder = new BindController(
                BindController.Host.at(paths.sysfs, paths.procfs, paths.stateDirectory),
                bootID,
                gate,
                attempts,
                this::wake,
                new NodeEvents(server, nodeName, clock),
                meters,
                clock);
        NodeObserver node = new NodeObserver(
                new Sysfs(paths.sysfs, paths.pciIds()),
                HostUse.seenBy(new PciUsers(paths.sysfs, paths.procfs)),
                allowEmulation,
                this::held,
                meters,
                clock);
        AssignableGroups groups =
                new AssignableGroups(node, new Quarantine(new ConfigSpace(paths.sysfs), attempts, this::wake, clock));
        dra = new DraDriver(
                new DraDriver.Place(
                        nodeName,
                        bootID,
                        paths.pluginsRegistry,
                        paths.pluginDirectory,
                        paths.cdi,
                        paths.grantDirectory),
                ClaimSources.of(server, podResources),
                groups,
                registry::live,
                gate,
                grpc,
                this::wake,
                meters,
                clock);
        grants = new GrantLifecycle(
                registry,
                () -> GrantServer.start(
                        paths.grantDirectory,
                        new GrantHandler(nodeName, server, podResources, groups, groups, procfs, tree, registry, clock),
                        procfs,
                        new PodLookup(procfs, tree),
                        meters));
        slices = new SlicePublisher(server, nodeName, this::wake, meters, clock);
        loop = new AgentLoop(
                node,
                groups,
                bootID,
                classes::classes,
                binder,
                new OfferReceivers(
                        cdi,
                        plugins,
                        grantPlugin,
                        dra,
                        slices,
                        new OtherOffers(server, nodeName, clock),
                        new VfioDeviceNodes(paths.sysfs)::has),
                new NodeReporter(server, nodeName, clock),
                grants,
                meters,
                clock);
        rounds = new WakeableLoop("agent", this::round);
        kubeletWatcher = new KubeletWatcher(
                paths.devicePlugins, paths.podResources, () -> rounds.run(this::registerAgain), this::wake);
    }

    private static CgroupTree usable(CgroupTree tree) throws IOException {
        Optional<String> fault = tree.unusable();
        if (fault.isPresent()) {
            throw new IOException(fault.get());
        }
        return tree;
    }

    /** Returns at once; {@link #notReady} is empty once everything is offered and reported. */
    void start() {
        tree.withoutPods().ifPresent(message -> log.atWarn().log(message));
        classes.start(this::wake);
        try {
            ueventWatcher = UeventWatcher.start(this::busChanged, meters);
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue(LogKeys.ERROR, e.getMessage())
                    .log("cannot receive uevents; changes on the bus are found only by the rescan every ten minutes");
        }
        rounds.wake();
        grantMonitor.start();
    }

    /** Returns why the agent is not ready; empty when it is. Thread-safe. */
    Optional<String> notReady() {
        return tree.withoutPods()
                .or(() -> loop.unfinishedSince()
                        .filter(since ->
                                !loop.hasFinished() || since.plus(STUCK).isBefore(clock.instant()))
                        .map(since ->
                                "nothing could be offered and reported since " + since + "; see the agent's log"));
    }

    /**
     * Makes the next round read the bus again, and starts it. Thread-safe.
     *
     * @param since {@link System#nanoTime} when the kernel reported the change
     */
    void busChanged(long since) {
        loop.busChanged(since);
        wake();
    }

    private Duration round() {
        kubeletWatcher.ensure();
        dra.ensure();
        return loop.round();
    }

    private void registerAgain() {
        plugins.ensure();
        grantPlugin.ensure();
    }

    /** Returns the class of each group that pods hold, by a device plugin or by a claim. */
    private Map<GroupId, String> held() throws IOException {
        Map<GroupId, String> held = new TreeMap<>(podResources.held());
        held.putAll(dra.held());
        return held;
    }

    /** Stops the agent. Device plugins stay registered and VMs keep running; the next agent continues from there. */
    @Override
    public void close() {
        // First, since a round may be about to open the grant socket.
        rounds.close();
        grants.close();
        grantMonitor.close();
        endAttempts();
        classes.close();
        if (ueventWatcher != null) {
            ueventWatcher.close();
        }
        kubeletWatcher.close();
        plugins.close();
        grantPlugin.close();
        dra.close();
        slices.close();
        podResources.close();
        grpc.close();
    }

    /** Waits for attempts in progress. A driver may take longer; the next agent then continues. */
    private void endAttempts() {
        attempts.shutdown();
        try {
            if (!attempts.awaitTermination(LAST_ATTEMPTS.toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("stopping while a driver is being changed; the next agent continues");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void allocated() {
        loop.allocated();
        wake();
    }

    private void watchProcesses() {
        grantMonitor.wake();
    }

    private void wake() {
        rounds.wake();
    }
}
