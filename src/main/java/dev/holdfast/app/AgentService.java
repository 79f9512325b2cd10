package dev.holdfast.app;

import dev.holdfast.agent.grant.ApiCluster;
import dev.holdfast.agent.grant.GrantBook;
import dev.holdfast.agent.grant.GrantDesk;
import dev.holdfast.agent.grant.GrantServer;
import dev.holdfast.agent.grant.GrantWatch;
import dev.holdfast.agent.grant.LockedMemory;
import dev.holdfast.agent.loop.AgentLoop;
import dev.holdfast.agent.loop.ClassWatch;
import dev.holdfast.agent.loop.Rounds;
import dev.holdfast.agent.plugin.CdiDirectory;
import dev.holdfast.agent.plugin.DevicePlugins;
import dev.holdfast.agent.plugin.DirectoryWatch;
import dev.holdfast.agent.plugin.PodResourcesClient;
import dev.holdfast.agent.plugin.UnixGrpc;
import dev.holdfast.agent.report.NodeReporter;
import dev.holdfast.api.PassthroughNodeStatus.Grant;
import dev.holdfast.host.BootId;
import dev.holdfast.host.CgroupTree;
import dev.holdfast.host.PodLookup;
import dev.holdfast.host.Procfs;
import dev.holdfast.host.Sysfs;
import dev.holdfast.telemetry.AgentMeters;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The agent, wired: from a client and paths to a node that offers its devices and grants limits. */
final class AgentService implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AgentService.class);
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration STUCK = Duration.ofMinutes(2);

    private final AgentPaths paths;
    private final Clock clock;
    private final UnixGrpc grpc = new UnixGrpc();
    private final ClassWatch classes;
    private final PodResourcesClient podResources;
    private final DevicePlugins plugins;
    private final AgentLoop loop;
    private final Rounds rounds;
    private final Grants grants;
    private final GrantWatch vmWatch;
    private @Nullable DirectoryWatch watch;

    /**
     * Ready to {@link #start}.
     *
     * @param client         not closed with this
     * @param sampleInterval between two looks at what a VM has locked, after its first minute
     */
    AgentService(
            KubernetesClient client,
            String nodeName,
            boolean allowEmulation,
            AgentPaths paths,
            Duration sampleInterval,
            MeterRegistry registry,
            Clock clock)
            throws IOException {
        this.paths = paths;
        this.clock = clock;
        AgentMeters meters = new AgentMeters(registry);
        Procfs procfs = new Procfs(paths.procfs);
        CgroupTree tree = usable(new CgroupTree(paths.cgroups));
        GrantBook book = new GrantBook(procfs, tree, live -> {
            watchVms();
            knock();
        });
        vmWatch = new GrantWatch(book, new LockedMemory(book, procfs, meters, clock, sampleInterval));
        classes = new ClassWatch(client);
        podResources = new PodResourcesClient(paths.podResources, grpc);
        plugins = new DevicePlugins(paths.devicePlugins, paths.grantDirectory, grpc, this::knock, meters);
        grants = new Grants(
                book,
                () -> GrantServer.start(
                        paths.grantDirectory,
                        desk(client, nodeName, procfs, tree, book),
                        procfs,
                        new PodLookup(procfs, tree),
                        meters));
        loop = new AgentLoop(
                new Sysfs(paths.sysfs),
                allowEmulation,
                BootId.read(paths.procfs),
                classes::classes,
                podResources::held,
                new CdiDirectory(paths.cdi),
                plugins,
                new NodeReporter(client, nodeName, clock),
                grants,
                meters,
                clock);
        rounds = new Rounds("agent", loop::round);
    }

    private static CgroupTree usable(CgroupTree tree) throws IOException {
        Optional<String> fault = tree.unusable();
        if (fault.isPresent()) {
            throw new IOException(fault.get());
        }
        return tree;
    }

    private GrantDesk desk(KubernetesClient client, String nodeName, Procfs procfs, CgroupTree tree, GrantBook book) {
        // The loop is made after what it tells of grants; nobody asks before it has run.
        return new GrantDesk(
                nodeName, new ApiCluster(client), podResources, id -> loop.functions(id), procfs, tree, book, clock);
    }

    /** Returns at once; {@link #notReady} tells when all is offered and reported. */
    void start() {
        classes.start(this::knock);
        try {
            watch = DirectoryWatch.on(paths.devicePlugins, () -> rounds.run(plugins::ensure));
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("directory", paths.devicePlugins)
                    .setCause(e)
                    .log("cannot watch the kubelet's directory of device plugins; looking every few seconds instead");
        }
        rounds.start(PAUSE);
        vmWatch.start();
    }

    /** What keeps it from working; empty when it does. For any thread. */
    Optional<String> notReady() {
        return loop.lastRound()
                .map(last -> last.plus(STUCK).isBefore(clock.instant())
                        ? Optional.of("nothing could be offered or reported since " + last + "; see the agent's log")
                        : Optional.<String>empty())
                .orElse(Optional.of("nothing has been offered and reported yet; see the agent's log"));
    }

    /** Unregisters nothing and leaves running VMs alone: the next agent goes on where this one ends. */
    @Override
    public void close() {
        grants.close();
        vmWatch.close();
        rounds.close();
        classes.close();
        try {
            if (watch != null) {
                watch.close();
            }
        } catch (IOException e) {
            log.atDebug().setCause(e).log("cannot close the watch");
        }
        plugins.close();
        podResources.close();
        grpc.close();
    }

    private void watchVms() {
        vmWatch.wake();
    }

    private void knock() {
        rounds.knock();
    }

    /**
     * The grants as the loop sees them. The socket opens only when the book is restored: before that a second process of
     * a pod would be taken for the first.
     */
    private static final class Grants implements AgentLoop.LiveGrants, AutoCloseable {
        private final GrantBook book;
        private final ServerStart serverStart;
        private volatile @Nullable GrantServer server;

        private interface ServerStart {
            GrantServer start() throws IOException;
        }

        Grants(GrantBook book, ServerStart serverStart) {
            this.book = book;
            this.serverStart = serverStart;
        }

        @Override
        public List<Grant> live() {
            return book.live();
        }

        @Override
        public void restore(List<Grant> left) throws IOException {
            book.restore(left);
            server = serverStart.start();
        }

        @Override
        public void reported(List<Grant> live) {
            book.reported(live);
        }

        @Override
        public void close() {
            GrantServer running = server;
            if (running != null) {
                running.close();
            }
        }
    }
}
