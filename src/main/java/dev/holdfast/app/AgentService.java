package dev.holdfast.app;

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
import dev.holdfast.host.Sysfs;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The agent, wired: from a client and paths to a node that offers its devices. */
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
    private @Nullable DirectoryWatch watch;

    /**
     * Ready to {@link #start}.
     *
     * @param client not closed with this
     */
    AgentService(KubernetesClient client, String nodeName, boolean allowEmulation, AgentPaths paths, Clock clock)
            throws IOException {
        this.paths = paths;
        this.clock = clock;
        classes = new ClassWatch(client);
        podResources = new PodResourcesClient(paths.podResources, grpc);
        plugins = new DevicePlugins(paths.devicePlugins, paths.grantDirectory, grpc, this::knock);
        loop = new AgentLoop(
                new Sysfs(paths.sysfs),
                allowEmulation,
                BootId.read(paths.procfs),
                classes::classes,
                podResources::held,
                new CdiDirectory(paths.cdi),
                plugins,
                new NodeReporter(client, nodeName, clock),
                new NoGrants(),
                clock);
        rounds = new Rounds(loop::round);
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

    private void knock() {
        rounds.knock();
    }

    /** Until the grant part is wired in. */
    private record NoGrants() implements AgentLoop.LiveGrants {
        @Override
        public List<Grant> live() {
            return List.of();
        }

        @Override
        public void restore(List<Grant> left) {}
    }
}
