package dev.holdfast.agent.grant;

import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.InClusterConfig;
import dev.holdfast.agent.grant.server.GrantServer;
import dev.holdfast.agent.loop.DeviceClassWatcher;
import dev.holdfast.agent.report.NodeReporter;
import dev.holdfast.telemetry.AgentMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** Reads everything that an agent reads from an API server, repeatedly, in a JVM with the heap of the agent. */
public final class WorstCaseReader {
    /** Number of requests that {@link GrantServer} decides at once. */
    private static final int THREADS = 16;

    private WorstCaseReader() {}

    /**
     * Reads and prints figures.
     *
     * @param args address of the server, and how often pod and VM are read
     */
    public static void main(String[] args) throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (ApiClient server = new ApiClient(InClusterConfig.at(URI.create(args[0])));
                DeviceClassWatcher classes = new DeviceClassWatcher(server, "n1", new AgentMeters(registry))) {
            CountDownLatch known = new CountDownLatch(1);
            classes.start(() -> classes.classes().ifPresent(all -> known.countDown()));
            known.await();
            var report = new NodeReporter(server, "n1", Clock.systemUTC()).read();
            int read = readPodsAndVms(new ApiCluster(server), Integer.parseInt(args[1]));
            System.out.println("classes " + classes.classes().orElseThrow().size());
            System.out.println("leftOut "
                    + (int) registry.get("holdfast.undecodable.objects")
                            .tag("kind", "classes")
                            .counter()
                            .count());
            System.out.println("devices "
                    + Objects.requireNonNull(Objects.requireNonNull(report).devices())
                            .size());
            System.out.println("read " + read);
            System.out.println("refused " + refusal(new ApiCluster(server)));
            System.out.println("heapPeakKib " + heapPeakBytes() / 1024);
            System.out.println("residentPeakKib " + residentPeakKib());
        }
    }

    private static int readPodsAndVms(Cluster cluster, int times) throws Exception {
        int read = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            var tasks = IntStream.range(0, times)
                    .<Future<Boolean>>mapToObj(i -> threads.submit(() -> cluster.podMetadata("lab", "big")
                                    .isPresent()
                            && cluster.pod("lab", "big").orElseThrow().containers() == 100
                            && cluster.vm("lab", "big").orElseThrow().devices().size() == 64))
                    .toList();
            for (Future<Boolean> task : tasks) {
                read += task.get() ? 1 : 0;
            }
        }
        return read;
    }

    /** Returns the message about a VM that the current schema refuses. */
    private static String refusal(Cluster cluster) {
        try {
            return "not: " + cluster.vm("lab", "endless");
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static long heapPeakBytes() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == java.lang.management.MemoryType.HEAP)
                .map(MemoryPoolMXBean::getPeakUsage)
                .mapToLong(usage -> usage.getUsed())
                .sum();
    }

    private static String residentPeakKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .map(line -> line.replaceAll("\\D", ""))
                .findFirst()
                .orElseThrow();
    }
}
