package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.apiserver.Loop;
import dev.holdfast.testbed.kubelet.container.Cdi;
import dev.holdfast.testbed.kubelet.container.Cgroups;
import dev.holdfast.testbed.kubelet.container.Images;
import dev.holdfast.testbed.kubelet.container.Runc;
import dev.holdfast.testbed.kubelet.device.DeviceManager;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's process of the embedded cluster. Runs as root on the virtual node until it is killed. */
public final class Kubelet {
    private static final Logger log = LoggerFactory.getLogger(Kubelet.class);

    private Kubelet() {}

    /** Options are those of {@link Options}. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        run(Options.parse(List.of(arguments)));
    }

    /** Never returns by itself. */
    static void run(Options options) throws IOException, InterruptedException {
        KubernetesClient client = options.api().client();
        NodeFacts facts = new NodeFacts(options.node(), ownAddress(options.api().url()), options.api());
        DeviceManager devices = new DeviceManager();
        NodeReport report = new NodeReport(client, facts, devices, Clock.systemUTC());
        report.create();
        devices.onChange(new Loop("node-status", report::update)::poke);

        Sockets sockets = new Sockets(
                options,
                devices,
                (namespace, name) -> client.resources(ResourceClaim.class)
                        .inNamespace(namespace)
                        .withName(name)
                        .get());
        sockets.start();
        sockets.restartOnRequestIn(options.state());

        Files.createDirectories(options.logs());
        NodeServices services = new NodeServices(
                facts,
                devices,
                sockets.claims(),
                new Cdi(options.cdi()),
                Images.read(options.images()),
                new Cgroups(options.cgroups()),
                new Runc(),
                new PodApi(client),
                new PodNetworks(options.state().resolve("networks")),
                options.state(),
                options.logs(),
                Clock.systemUTC());
        ClusterDns.start();
        if (!Files.exists(options.cgroups().resolve("cgroup.controllers"))) {
            log.atWarn()
                    .addKeyValue("cgroups", options.cgroups())
                    .log("This is no cgroup v2 tree; containers will not start");
        }
        var pods = client.pods().inAnyNamespace();
        (options.api().knowsFieldSelectors() ? pods.withField("spec.nodeName", options.node()) : pods)
                .inform(new Pods(services));
        log.atInfo()
                .addKeyValue("node", options.node())
                .addKeyValue("secondsSinceStart", secondsSinceStart())
                .log("Node is Ready");
        if (options.readyFile() != null) {
            Files.createFile(options.readyFile());
        }
        new CountDownLatch(1).await();
    }

    /** The address that the API server is reached from; nothing is sent to find it. */
    private static String ownAddress(URI url) throws IOException {
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
