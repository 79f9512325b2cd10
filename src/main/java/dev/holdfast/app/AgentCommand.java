package dev.holdfast.app;

import dev.holdfast.telemetry.HealthServer;
import dev.holdfast.telemetry.JvmMeters;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast agent}: offers this node's devices and grants limits until SIGTERM. */
@Command(
        name = "agent",
        description = "Offers a node's devices to the kubelet, grants memlock limits, and reports the node.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class AgentCommand implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(AgentCommand.class);

    @Option(
            names = "--node",
            required = true,
            paramLabel = "NAME",
            defaultValue = "${env:NODE_NAME}",
            description = "Name of the Node object that this machine is. Default: $NODE_NAME.")
    private String node = "";

    @Option(
            names = "--allow-emulation",
            description = "Offer devices also without a usable /dev/kvm. For tests and demos.")
    private boolean allowEmulation;

    @Mixin
    private HttpOptions http = new HttpOptions();

    @Mixin
    private AgentPaths paths = new AgentPaths();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        JvmMeters.bindTo(meters);
        CountDownLatch stopped = new CountDownLatch(1);
        KubernetesClient client = client();
        AgentService service = new AgentService(client, node, allowEmulation, paths, meters, Clock.systemUTC());
        HealthServer health = new HealthServer(http.port, service::notReady, meters::scrape);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            log.info("Stopping");
                            service.close();
                            health.close();
                            client.close();
                            stopped.countDown();
                        },
                        "stop"));
        service.start();
        log.atInfo()
                .addKeyValue("version", Version.current())
                .addKeyValue("node", node)
                .addKeyValue("httpPort", health.port())
                .addKeyValue("allowEmulation", allowEmulation)
                .log("Agent started");
        stopped.await();
        return 0;
    }

    /** Retries are the loop's and the launchers' own; the client's ten would hold the one thread for minutes. */
    private static KubernetesClient client() {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.autoConfigure(null))
                        .withRequestRetryBackoffLimit(1)
                        .build())
                .build();
    }
}
