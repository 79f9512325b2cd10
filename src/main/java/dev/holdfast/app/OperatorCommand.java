package dev.holdfast.app;

import dev.holdfast.api.PassthroughVMSpec.MemlockPolicy;
import dev.holdfast.plan.Defaults;
import dev.holdfast.telemetry.HealthServer;
import dev.holdfast.telemetry.JvmMeters;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.javaoperatorsdk.operator.OperatorException;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code holdfast operator}: reconciles PassthroughVMs until SIGTERM. */
@Command(
        name = "operator",
        description = "Reconciles PassthroughVMs: makes their pods, follows them, and writes their status.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class OperatorCommand implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(OperatorCommand.class);

    @Option(
            names = "--launcher-image",
            required = true,
            paramLabel = "IMAGE",
            defaultValue = "${env:LAUNCHER_IMAGE}",
            description = "Image with holdfast and QEMU, for VMs that name none. Default: $LAUNCHER_IMAGE.")
    private String launcherImage = "";

    @Option(
            names = "--allow-emulation",
            description = "Let machines run by software emulation where a node has no KVM. For tests and demos.")
    private boolean allowEmulation;

    @Option(
            names = "--memlock-policies",
            paramLabel = "POLICY",
            split = ",",
            defaultValue = "Exact,Libvirt",
            description =
                    "Policies that VMs may ask for: ${COMPLETION-CANDIDATES}. Fixed and Unlimited leave it to whoever "
                            + "writes VMs how much may be pinned. Default: ${DEFAULT-VALUE}.")
    private Set<MemlockPolicy> memlockPolicies = Set.of();

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "Port of /healthz, /readyz and /metrics. Default: ${DEFAULT-VALUE}.")
    private int httpPort;

    @Option(
            names = "--instance",
            paramLabel = "NAME",
            defaultValue = "${env:HOSTNAME:-holdfast-operator}",
            description = "Name of this replica in Events. Default: $HOSTNAME.")
    private String instance = "";

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        JvmMeters.bindTo(meters);
        CountDownLatch stopped = new CountDownLatch(1);
        KubernetesClient client = new KubernetesClientBuilder().build();
        OperatorService service = new OperatorService(
                client,
                Defaults.of(launcherImage, allowEmulation, MemlockPolicies.of(memlockPolicies)),
                instance,
                meters,
                Clock.systemUTC());
        HealthServer health = new HealthServer(httpPort, service::notReady, meters::scrape);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            log.info("Stopping");
                            service.close();
                            health.close();
                            stopped.countDown();
                        },
                        "stop"));
        try {
            service.start();
        } catch (OperatorException e) {
            log.atError()
                    .addKeyValue("apiServer", client.getMasterUrl())
                    .addKeyValue("cause", root(e))
                    .log(
                            "Cannot watch the API server; check that it answers, that the resources of crds/ are installed, "
                                    + "and that this account may list them");
            return 1;
        }
        log.atInfo()
                .addKeyValue("version", Version.current())
                .addKeyValue("httpPort", health.port())
                .addKeyValue("launcherImage", launcherImage)
                .addKeyValue("allowEmulation", allowEmulation)
                .addKeyValue("memlockPolicies", memlockPolicies)
                .log("Operator ready");
        stopped.await();
        return 0;
    }

    private static String root(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.toString();
    }
}
