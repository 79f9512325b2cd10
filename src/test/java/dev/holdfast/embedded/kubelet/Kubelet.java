package dev.holdfast.embedded.kubelet;

import dev.holdfast.embedded.Loop;
import dev.holdfast.embedded.MockApiServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The node's process of the embedded cluster. Runs as root on the virtual node until it is killed. */
@Command(name = "kubelet")
public final class Kubelet implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(Kubelet.class);

    @Option(names = "--api", required = true, description = "URL of the API server, as this node and its pods reach it")
    private String api = "";

    @Option(names = "--node", required = true, description = "name of the Node object")
    private String nodeName = "";

    @Option(names = "--images", required = true, description = "JSON file of the images that the node has")
    private Path images = Path.of("");

    @Option(names = "--state", required = true, description = "directory on a tmpfs for containers and volumes")
    private Path state = Path.of("");

    @Option(names = "--logs", description = "directory for <namespace>_<pod>.log; by default STATE/logs")
    private @Nullable Path logs;

    @Option(names = "--ready-file", description = "appears once the node is Ready")
    private @Nullable Path readyFile;

    @Option(names = "--device-plugins", description = "directory of kubelet.sock and the plugins' sockets")
    private Path devicePlugins = Path.of("/var/lib/kubelet/device-plugins");

    @Option(names = "--pod-resources", description = "socket of the pod resources service")
    private Path podResources = Path.of("/var/lib/kubelet/pod-resources/kubelet.sock");

    @Option(names = "--cdi", description = "directory of CDI specs")
    private Path cdi = Path.of("/var/run/cdi");

    @Option(names = "--cgroups", description = "root of the cgroup v2 tree")
    private Path cgroups = Path.of("/sys/fs/cgroup");

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Kubelet()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        KubernetesClient client = MockApiServer.client(api);
        NodeFacts facts = new NodeFacts(nodeName, ownAddress(), api);
        DeviceManager devices = new DeviceManager();
        NodeReport report = new NodeReport(client, facts, devices, Clock.systemUTC());
        report.create();
        devices.onChange(new Loop("node-status", report::update)::poke);

        UnixGrpc grpc = new UnixGrpc();
        new Registration(grpc, devicePlugins, devices).start();
        grpc.serve(podResources, new PodResources(devices));

        Path logDirectory = Objects.requireNonNullElse(logs, state.resolve("logs"));
        Files.createDirectories(logDirectory);
        NodeServices services = new NodeServices(
                facts,
                devices,
                new Cdi(cdi),
                Images.read(images),
                new Cgroups(cgroups),
                new Runc(),
                new PodApi(client),
                state,
                logDirectory,
                Clock.systemUTC());
        if (!Files.exists(cgroups.resolve("cgroup.controllers"))) {
            log.atWarn().addKeyValue("cgroups", cgroups).log("This is no cgroup v2 tree; containers will not start");
        }
        client.pods().inAnyNamespace().inform(new Pods(services));
        log.atInfo()
                .addKeyValue("node", nodeName)
                .addKeyValue("secondsSinceStart", secondsSinceStart())
                .log("Node is Ready");
        if (readyFile != null) {
            Files.createFile(readyFile);
        }
        new CountDownLatch(1).await();
        return 0;
    }

    /** The address that the API server is reached from; nothing is sent to find it. */
    private String ownAddress() throws IOException {
        URI url = URI.create(api);
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(url.getHost(), url.getPort()));
            return socket.getLocalAddress().getHostAddress();
        }
    }

    private static double secondsSinceStart() {
        Instant start = ProcessHandle.current().info().startInstant().orElseThrow();
        return Duration.between(start, Instant.now()).toMillis() / 1000.0;
    }
}
