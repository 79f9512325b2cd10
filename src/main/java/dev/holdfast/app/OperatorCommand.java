package dev.holdfast.app;

import dev.holdfast.api.vm.machine.MemlockPolicy;
import dev.holdfast.leader.LeaderElection;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.plan.pod.StopHook;
import dev.holdfast.reconcile.decode.FaultTolerantClient;
import dev.holdfast.telemetry.JvmMeters;
import dev.holdfast.telemetry.http.HealthServer;
import dev.holdfast.text.LogKeys;
import dev.holdfast.text.RootCause;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.OperatorException;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast operator}: reconciles PassthroughVMs until a SIGTERM. */
@Command(
        name = "operator",
        description = "Reconciles PassthroughVMs: creates and watches their pods, and writes their status.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class OperatorCommand implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(OperatorCommand.class);
    private static final int LOST_LEASE = 1;

    @Option(
            names = "--launcher-image",
            required = true,
            paramLabel = "IMAGE",
            defaultValue = "${env:LAUNCHER_IMAGE}",
            description =
                    "Launcher image, with holdfast and QEMU, for VMs whose spec has none. Default: $LAUNCHER_IMAGE.")
    private String launcherImage = "";

    @Option(
            names = "--allow-emulation",
            description = "Allow software emulation on nodes without KVM. For tests and demos.")
    private boolean allowEmulation;

    @Option(
            names = "--memlock-policies",
            paramLabel = "POLICY",
            split = ",",
            defaultValue = "Exact,Libvirt",
            description =
                    "Policies that VMs may use: ${COMPLETION-CANDIDATES}. With Fixed and Unlimited, users who may write "
                            + "VMs decide how much memory is pinned. Default: ${DEFAULT-VALUE}.")
    private Set<MemlockPolicy> memlockPolicies = Set.of();

    @Option(
            names = "--state-storage-class",
            paramLabel = "NAME",
            description =
                    "StorageClass of the claims for persistent UEFI variables. Default: the cluster's default class.")
    private @Nullable String stateStorageClass;

    @Option(
            names = "--stop-hook",
            paramLabel = "HOOK",
            defaultValue = "${env:LAUNCHER_STOP_HOOK:-Java}",
            description =
                    "Program that powers off the guest in pods of the launcher image: ${COMPLETION-CANDIDATES}. Native "
                            + "requires an image with holdfast-vmctl. Default: $LAUNCHER_STOP_HOOK, or Java.")
    private StopHook stopHook = StopHook.Java;

    @Option(
            names = "--instance",
            paramLabel = "NAME",
            defaultValue = "${env:HOSTNAME:-holdfast-operator}",
            description =
                    "Name of this replica in Events and in the Lease; must be unique among replicas. Default: $HOSTNAME.")
    private String instance = "";

    @Mixin
    private HttpOptions http = new HttpOptions();

    @Mixin
    private LeaderOptions leader = new LeaderOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (leader.lackNamespace()) {
            Objects.requireNonNull(spec)
                    .commandLine()
                    .getErr()
                    .println("holdfast operator: no namespace found for the Lease, which --leader-elect requires; "
                            + "set --leader-elect-namespace or $POD_NAMESPACE");
            return Holdfast.UNUSABLE_INPUT;
        }
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        JvmMeters.bindTo(meters);
        CountDownLatch stopped = new CountDownLatch(1);
        KubernetesClient client = FaultTolerantClient.builder().build();
        OperatorService service = new OperatorService(
                client,
                OperatorSettings.of(launcherImage, allowEmulation, MemlockPolicies.of(memlockPolicies))
                        .withStateStorageClass(stateStorageClass)
                        .withStopHook(stopHook),
                instance,
                election(client),
                meters,
                Clock.systemUTC());
        HealthServer health = new HealthServer(http.port, service::notReady, meters::scrape, meters);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            log.info("stopping");
                            service.close();
                            health.close();
                            stopped.countDown();
                        },
                        "stop"));
        log.atInfo()
                .addKeyValue(LogKeys.VERSION, Version.current())
                .addKeyValue(LogKeys.HTTP_PORT, health.port())
                .addKeyValue("launcherImage", launcherImage)
                .addKeyValue(LogKeys.ALLOW_EMULATION, allowEmulation)
                .addKeyValue("memlockPolicies", memlockPolicies)
                .addKeyValue("stopHook", stopHook)
                .addKeyValue("leaderElect", leader.elect)
                .log("operator starting");
        try {
            if (!service.start()) {
                return 0;
            }
        } catch (OperatorException | KubernetesClientException e) {
            log.atError()
                    .addKeyValue("apiServer", client.getMasterUrl())
                    .addKeyValue(LogKeys.ERROR, RootCause.root(e))
                    .log(
                            "cannot watch the API server; check that it responds, that the resources of crds/ are installed, "
                                    + "and that this account may list them");
            return 1;
        }
        log.info("operator ready");
        stopped.await();
        return 0;
    }

    private Optional<LeaderElection> election(KubernetesClient client) {
        return leader.elect
                ? Optional.of(new LeaderElection(
                        client,
                        Objects.requireNonNull(leader.namespace),
                        instance,
                        LeaderElection.Timing.STANDARD,
                        OperatorCommand::endAtOnce))
                : Optional.empty();
    }

    /** Ends the process without exit(), during which reconciliations in progress would still write while another replica starts. */
    private static void endAtOnce(String message) {
        log.error(message);
        Runtime.getRuntime().halt(LOST_LEASE);
    }
}
