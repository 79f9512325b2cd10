package dev.holdfast.telemetry.http;

import dev.holdfast.testbed.fixtures.ChildJvm;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** Health server in its own JVM with the heap of an agent or operator, and a page as long as that of a full node. */
@SuppressWarnings("SystemOut") // reports the port to the test
final class ServerProcess implements AutoCloseable {
    static final int SERIES = 2_500;

    private final Process process;
    private final int port;

    /**
     * Starts the server and waits until it listens.
     *
     * @param manifest file of deploy/ from which HOLDFAST_JAVA_OPTS are taken
     * @param log      output of the server
     */
    ServerProcess(Path manifest, Path log) throws IOException, InterruptedException {
        String options = javaOptions(manifest) + " -XX:+ExitOnOutOfMemoryError";
        process = ChildJvm.start(Main.class, Map.of("JAVA_TOOL_OPTIONS", options), log);
        port = awaitPort(log);
    }

    /** Prints its port and serves until it is killed. */
    static final class Main {
        private Main() {}

        public static void main(String[] arguments) throws Exception {
            PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            AtomicInteger value = new AtomicInteger();
            for (int i = 0; i < SERIES; i++) {
                Gauge.builder("holdfast.vm.locked", value, AtomicInteger::get)
                        .tag("namespace", "a-namespace-of-usual-length")
                        .tag("name", "a-machine-of-usual-length-" + i)
                        .register(registry);
            }
            HealthServer server = new HealthServer(0, Optional::empty, registry::scrape, registry);
            System.out.println("port " + server.port());
            System.out.flush();
            new CountDownLatch(1).await();
        }
    }

    int port() {
        return port;
    }

    boolean alive() {
        return process.isAlive();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    private int awaitPort(Path log) throws IOException {
        Awaitility.await("the server listens")
                .until(() -> !process.isAlive() || port(log).isPresent());
        String output = Files.readString(log);
        return port(log).orElseThrow(() -> new IOException("ended before it listened: " + output));
    }

    private static Optional<Integer> port(Path log) throws IOException {
        return Files.readAllLines(log).stream()
                .filter(line -> line.startsWith("port "))
                .findFirst()
                .map(line -> Integer.valueOf(line.substring("port ".length())));
    }

    private static String javaOptions(Path manifest) throws IOException {
        return Files.readString(manifest)
                .lines()
                .dropWhile(line -> !line.strip().equals("- name: HOLDFAST_JAVA_OPTS"))
                .skip(1)
                .findFirst()
                .map(line -> line.strip().substring("value: ".length()))
                .orElseThrow();
    }
}
