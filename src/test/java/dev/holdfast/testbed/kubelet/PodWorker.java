package dev.holdfast.testbed.kubelet;

import dev.holdfast.agent.kubelet.v1beta1.ContainerAllocateResponse;
import dev.holdfast.testbed.kubelet.claim.PodClaims;
import dev.holdfast.testbed.kubelet.container.Cgroups;
import dev.holdfast.testbed.kubelet.container.ContainerProblem;
import dev.holdfast.testbed.kubelet.container.RootFs;
import dev.holdfast.testbed.kubelet.device.Rejection;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The life of one pod on this node, on a thread of its own: admission, starts, restarts, end. */
final class PodWorker implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(PodWorker.class);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final int LONGEST_BACK_OFF_SECONDS = 10;

    private final NodeServices services;
    private final Path directory;
    private final String cgroup;
    private final Volumes volumes;
    private final Termination termination;
    private PodNetworks.@Nullable Network network;
    private final Instant accepted;
    private Pod pod;
    private boolean finished;

    PodWorker(NodeServices services, Pod pod) {
        this.services = services;
        this.pod = pod;
        this.directory =
                services.state().resolve("pods").resolve(pod.getMetadata().getUid());
        this.cgroup =
                Cgroups.podPath(pod.getStatus().getQosClass(), pod.getMetadata().getUid());
        this.volumes = new Volumes(directory, services);
        this.termination = new Termination(services.clock());
        this.accepted = services.clock().instant();
    }

    /** Ends the pod. May be called again with a shorter grace period, and also after the end, for the final delete. */
    void terminate(long graceSeconds) {
        termination.request(graceSeconds);
        synchronized (this) {
            if (!finished) {
                return;
            }
        }
        services.api().remove(pod);
    }

    @Override
    public void run() {
        PodStatus last = null;
        try {
            ContainerPlans.checkSupported(pod);
            List<ContainerAllocateResponse> allocated = admit();
            services.cgroups().create(cgroup);
            network = services.networks().join(pod);
            last = live(allocated);
        } catch (Rejection e) {
            log.atWarn().addKeyValue("pod", pod.getMetadata().getName()).log(e.getMessage());
            last = PodStatuses.rejected(
                    pod, services.node(), e, services.clock().instant());
        } catch (IOException | InterruptedException | RuntimeException e) {
            log.atError()
                    .addKeyValue("pod", pod.getMetadata().getName())
                    .setCause(e)
                    .log("Pod failed");
            Rejection rejection = new Rejection("NodeFailure", String.valueOf(e.getMessage()));
            last = PodStatuses.rejected(
                    pod, services.node(), rejection, services.clock().instant());
        }
        clearAway();
        if (last != null) {
            services.api().report(pod, last);
        }
        synchronized (this) {
            finished = true;
        }
        if (termination.isRequested()) {
            services.api().remove(pod);
        }
    }

    private List<ContainerAllocateResponse> admit() throws Rejection {
        var container = pod.getSpec().getContainers().getFirst();
        Map<String, Integer> wanted = new TreeMap<>();
        Map<String, Quantity> limits =
                container.getResources() == null || container.getResources().getLimits() == null
                        ? Map.of()
                        : container.getResources().getLimits();
        limits.forEach((resource, amount) -> {
            // A name with a domain other than Kubernetes' own is an extended resource.
            if (resource.contains("/")) {
                wanted.put(resource, amount.getNumericalAmount().intValue());
            }
        });
        return services.devices()
                .admit(
                        pod.getMetadata().getUid(),
                        pod.getMetadata().getNamespace(),
                        pod.getMetadata().getName(),
                        container.getName(),
                        wanted);
    }

    /** The pod's last status; null when it ended before its container ever started. */
    private @Nullable PodStatus live(List<ContainerAllocateResponse> allocated)
            throws Rejection, IOException, InterruptedException {
        ContainerState before = null;
        for (int restarts = 0; ; restarts++) {
            PodStatuses.Report end = runOnce(allocated, restarts, before);
            if (end == null) {
                return null;
            }
            ContainerState state = end.state();
            int code = state.getTerminated().getExitCode();
            String policy = pod.getSpec().getRestartPolicy();
            boolean again = policy.equals("Always") || (policy.equals("OnFailure") && code != 0);
            if (!again || termination.isRequested()) {
                return status(end);
            }
            int seconds = Math.min(LONGEST_BACK_OFF_SECONDS, restarts);
            before = state;
            report(new PodStatuses.Report(
                    end.id(),
                    restarts + 1,
                    PodStatuses.waiting("CrashLoopBackOff", "back-off " + seconds + "s restarting failed container"),
                    before));
            if (termination.await(Duration.ofSeconds(seconds))) {
                return status(end);
            }
        }
    }

    /** One start to its end; null when the pod was to end before. */
    private PodStatuses.@Nullable Report runOnce(
            List<ContainerAllocateResponse> allocated, int restarts, @Nullable ContainerState before)
            throws Rejection, IOException, InterruptedException {
        report(new PodStatuses.Report(null, restarts, PodStatuses.waiting("ContainerCreating", null), before));
        while (!termination.isRequested()) {
            ContainerRun run = new ContainerRun(services, pod, network, directory.resolve("start-" + restarts));
            long oomKills = services.cgroups().oomKills(cgroup);
            Process process;
            try {
                process = run.start(volumes, allocated, claimed());
            } catch (ContainerProblem e) {
                log.atWarn().addKeyValue("pod", pod.getMetadata().getName()).log(e.getMessage());
                report(new PodStatuses.Report(null, restarts, PodStatuses.waiting(e.reason(), e.getMessage()), before));
                termination.await(RETRY);
                continue;
            }
            boolean started = run.awaitStart(process);
            Instant since = services.clock().instant();
            if (started) {
                log.atInfo()
                        .addKeyValue("pod", pod.getMetadata().getName())
                        .addKeyValue("container", run.id())
                        .log("Started");
                report(new PodStatuses.Report(run.id(), restarts, PodStatuses.running(since), before));
                termination.awaitOrEnd(process);
                if (process.isAlive()) {
                    run.stop(process, termination);
                }
            }
            ContainerState end = run.ended(process, started, since, oomKills);
            log.atInfo()
                    .addKeyValue("pod", pod.getMetadata().getName())
                    .addKeyValue("exitCode", end.getTerminated().getExitCode())
                    .addKeyValue("reason", end.getTerminated().getReason())
                    .log("Ended");
            run.remove();
            return new PodStatuses.Report(run.id(), restarts, end, before);
        }
        return null;
    }

    private List<String> claimed() throws ContainerProblem {
        try {
            return services.claims().prepare(pod);
        } catch (PodClaims.Unprepared e) {
            throw new ContainerProblem("ContainerCreating", "prepare dynamic resources: " + e.getMessage());
        }
    }

    private PodStatus status(PodStatuses.Report report) {
        return PodStatuses.of(
                pod,
                services.node(),
                network == null ? null : network.ip(),
                accepted,
                report,
                services.clock().instant());
    }

    private void report(PodStatuses.Report report) {
        PodStatus status = status(report);
        services.api().report(pod, status);
        // The next report keeps the times of the conditions that stay as they are.
        pod = new PodBuilder(pod)
                .editStatus()
                .withConditions(status.getConditions())
                .endStatus()
                .build();
    }

    /** Before the last report: who reads that the pod has ended may count on its devices. */
    private void clearAway() {
        attempt(() -> services.cgroups().remove(cgroup));
        attempt(volumes::release);
        attempt(() -> services.networks().leave(pod));
        attempt(() -> RootFs.removeTree(directory));
        services.devices().release(pod.getMetadata().getUid());
        while (!services.claims().unprepare(pod.getMetadata().getUid())) {
            LockSupport.parkNanos(RETRY.toNanos());
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private void attempt(Step step) {
        try {
            step.run();
        } catch (IOException e) {
            log.atError()
                    .addKeyValue("pod", pod.getMetadata().getName())
                    .addKeyValue("cause", e.getMessage())
                    .log("Something is left of it");
        }
    }
}
