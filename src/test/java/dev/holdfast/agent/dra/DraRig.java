package dev.holdfast.agent.dra;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.InClusterConfig;
import dev.holdfast.agent.kubelet.dra.v1.Claim;
import dev.holdfast.agent.kubelet.dra.v1.NodePrepareResourceResponse;
import dev.holdfast.agent.plugin.AllocationGate;
import dev.holdfast.agent.plugin.PodResourcesClient;
import dev.holdfast.api.node.Grant;
import dev.holdfast.inventory.AssignableGroup;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.fixtures.FakeKubelet;
import dev.holdfast.testbed.fixtures.SettableClock;
import dev.holdfast.testbed.kubelet.claim.DraDrivers;
import dev.holdfast.testbed.kubelet.claim.DriverConnection;
import dev.holdfast.testbed.kubelet.device.UnixGrpc;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The driver between a kubelet and an API server that are stand-ins, over real unix sockets. */
final class DraRig implements AutoCloseable {
    final Path directory;
    final SettableClock clock = new SettableClock();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final FakeKubelet kubelet;
    final DraDrivers drivers;
    final AtomicInteger changes = new AtomicInteger();
    final Map<GroupId, AssignableGroup> groups = new ConcurrentHashMap<>();

    private final HttpServer http;
    private final ExecutorService httpThreads = Executors.newCachedThreadPool();
    private final Map<String, String> claims = new ConcurrentHashMap<>();
    private final ApiClient server;
    private final UnixGrpc kubeletGrpc = new UnixGrpc();
    private final dev.holdfast.agent.plugin.UnixGrpc agentGrpc = new dev.holdfast.agent.plugin.UnixGrpc();
    private final PodResourcesClient podResources;
    private @Nullable DraDriver driver;
    private volatile @Nullable CountDownLatch held;
    private volatile List<Grant> grants = List.of();

    DraRig(Path directory) throws IOException {
        this.directory = directory;
        kubelet = new FakeKubelet(directory);
        kubelet.start();
        drivers = new DraDrivers(kubeletGrpc, registry());
        podResources = new PodResourcesClient(kubelet.podResources(), agentGrpc, clock);
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(httpThreads);
        http.createContext("/apis/resource.k8s.io/v1/namespaces/", exchange -> {
            CountDownLatch until = held;
            if (until != null) {
                awaitQuietly(until);
            }
            String claim = claims.get(exchange.getRequestURI().getPath());
            byte[] body = Objects.requireNonNullElse(claim, "{\"message\": \"not found\"}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(claim == null ? 404 : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        http.start();
        server = new ApiClient(InClusterConfig.at(
                URI.create("http://127.0.0.1:" + http.getAddress().getPort())));
        groups.put(Claims.GPU, new AssignableGroup(List.of(Claims.GPU.main(), PciAddress.parse("0000:65:00.1")), 7, 0));
        groups.put(Claims.NIC, new AssignableGroup(List.of(Claims.NIC.main()), 9, 1));
    }

    Path registry() {
        return directory.resolve("registry");
    }

    Path pluginDirectory() {
        return directory.resolve("plugin");
    }

    Path cdi() {
        return directory.resolve("cdi");
    }

    /** An agent that has observed nothing yet. */
    DraDriver agent(String bootID) {
        DraDriver made = new DraDriver(
                new DraDriver.Place("n1", bootID, registry(), pluginDirectory(), cdi(), Path.of("/node/grant")),
                ClaimSources.of(server, podResources),
                id -> Optional.ofNullable(groups.get(id)),
                () -> grants,
                new AllocationGate(System::nanoTime),
                agentGrpc,
                changes::incrementAndGet,
                new AgentMeters(meters),
                clock);
        driver = made;
        return made;
    }

    /** An agent that offers both devices, and a kubelet that has found it. */
    DraDriver runningAgent() throws IOException {
        DraDriver made = agent("boot-1");
        made.offer(List.of(Claims.gpu(), Claims.nic()), true);
        drivers.look();
        return made;
    }

    void claim(String name, String json) {
        claims.put("/apis/resource.k8s.io/v1/namespaces/lab/resourceclaims/" + name, json);
    }

    void grant(Grant grant) {
        grants = List.of(grant);
    }

    /** Lets no read of a claim be answered before this is opened. */
    CountDownLatch holdApiServer() {
        CountDownLatch until = new CountDownLatch(1);
        held = until;
        return until;
    }

    DriverConnection connection() {
        return drivers.find("vfio.holdfast.dev").orElseThrow();
    }

    NodePrepareResourceResponse prepare(String name, String uid) {
        return Objects.requireNonNull(connection().prepare(request(name, uid)).get(uid));
    }

    String unprepare(String name, String uid) {
        return Objects.requireNonNull(connection().unprepare(request(name, uid)).get(uid))
                .getError();
    }

    static Claim request(String name, String uid) {
        return Claim.newBuilder().setNamespace("lab").setName(name).setUid(uid).build();
    }

    private static void awaitQuietly(CountDownLatch until) {
        try {
            until.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws InterruptedException {
        CountDownLatch until = held;
        if (until != null) {
            until.countDown();
        }
        drivers.close();
        if (driver != null) {
            driver.close();
        }
        podResources.close();
        kubelet.close();
        server.close();
        http.stop(0);
        httpThreads.shutdownNow();
        kubeletGrpc.close();
        agentGrpc.close();
    }
}
