package dev.holdfast.demo;

import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.GuestConsole;
import dev.holdfast.testbed.HostProcess;
import dev.holdfast.testbed.Observation;
import dev.holdfast.testbed.Testbed;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A VM gets its GPU: planned, scheduled, granted, run, and deleted. */
final class GpuVmScene {
    private static final String NAME = "gpu-vm";

    private final Build build;
    private final Testbed stage;
    private final Transcript transcript;
    private final Path work;
    private final boolean bootGuest;
    private @Nullable HostProcess observer;

    GpuVmScene(Build build, Testbed stage, Transcript transcript, Path work, boolean bootGuest) {
        this.build = build;
        this.stage = stage;
        this.transcript = transcript;
        this.work = work;
        this.bootGuest = bootGuest;
    }

    /** The VM as it ran. */
    record Running(PassthroughVMStatus status, long inheritedBytes, long kernelBytes, List<String> guestPci) {
        List<GrantedDevice> devices() {
            return Objects.requireNonNull(status.devices());
        }

        Result.Vm vm(Observation whole) {
            Memlock memlock = Objects.requireNonNull(status.memlock());
            long limit = Objects.requireNonNull(memlock.limitBytes());
            long peak = whole.peakLockedBytes();
            return new Result.Vm(
                    Objects.requireNonNull(status.phase()).name(),
                    inheritedBytes,
                    limit,
                    Objects.requireNonNull(memlock.appliedBytes()),
                    kernelBytes,
                    peak,
                    (double) limit / peak,
                    Objects.requireNonNull(whole.summary()).samplesPerSecond());
        }
    }

    Running run(PassthroughVM vm) {
        boolean byClaim = vm.getSpec().resourceClaims() != null;
        transcript.step(
                "kubectl apply -f examples/gpu-vm.yaml" + (byClaim ? ", its GPU by a claim of the template" : ""));
        stage.api().apply(vm);

        Pod pod = stage.await("the operator has made the pod")
                .until(() -> stage.api().pod(NAME), Optional::isPresent)
                .orElseThrow();
        String podUid = pod.getMetadata().getUid();
        observer = stage.node()
                .start(
                        "observer",
                        work.resolve("observation.txt"),
                        build.script("virtual-node/observe").toString(),
                        podUid);

        PassthroughVMStatus planned = await("the plan is in the status", status -> status.memlock() != null);
        transcript.step("The operator's plan, bound to pod " + podUid);
        transcript.show(plan(Objects.requireNonNull(planned.memlock())));

        PassthroughVMStatus placed = await("the pod is on a node", status -> status.nodeName() != null);
        transcript.step("The pod is on node %s; the kubelet asks the agent: %s"
                .formatted(placed.nodeName(), byClaim ? "NodePrepareResources" : "Allocate"));
        transcript.show(container(pod));

        PassthroughVMStatus granted = await("the limit is applied", GpuVmScene::isApplied);
        Memlock memlock = Objects.requireNonNull(granted.memlock());
        Observation.Change raised = awaitQemu();
        long inherited = observation().firstLimitBytes();
        transcript.step("The grant: RLIMIT_MEMLOCK of process %d, as the kernel reports it".formatted(raised.pid()));
        transcript.show(agentLines());
        transcript.show("before %,d bytes, after %,d bytes; the agent reports %,d"
                .formatted(inherited, raised.limitBytes(), memlock.appliedBytes()));
        require(
                raised.limitBytes() == Objects.requireNonNull(memlock.limitBytes()),
                "the kernel's limit is the plan's");

        PassthroughVMStatus running = await("the VM runs, its memory locked", GpuVmScene::isRunning);
        transcript.step("The same process is now QEMU, and the guest has " + devices(running));
        transcript.show(processStatus(raised.pid()));

        List<String> guestPci = bootGuest ? awaitGuest() : List.of();
        save("vm.yaml", stage.api().vm(NAME).orElseThrow());
        save("node.yaml", stage.api().passthroughNode().orElseThrow());
        return new Running(running, inherited, raised.limitBytes(), guestPci);
    }

    /** Deletes the VM and prints all observations of it. */
    Observation delete() {
        transcript.step("kubectl delete ptvm gpu-vm: the guest is asked to power off");
        stage.api().deleteVm(NAME);
        stage.await("VM and pod are gone")
                .until(() ->
                        stage.api().vm(NAME).isEmpty() && stage.api().pod(NAME).isEmpty());
        require(Objects.requireNonNull(observer).await(Duration.ofSeconds(30)) == 0, "the observer saw the end");
        Observation whole = observation();
        var samples = Objects.requireNonNull(whole.summary());
        require(
                samples.samplesPerSecond() >= 30,
                "VmLck was sampled at 30 Hz or more, not %.1f".formatted(samples.samplesPerSecond()));
        transcript.show("%d samples of VmLck, %.0f a second until it was steady; the peak was %,d bytes"
                .formatted(samples.samples(), samples.samplesPerSecond(), whole.peakLockedBytes()));

        stage.await("the device is free again and no grant is left").until(this::everythingIsFree);
        transcript.step("Nothing is left behind");
        transcript.show(leftovers());
        save("node-after.yaml", stage.api().passthroughNode().orElseThrow());
        return whole;
    }

    private PassthroughVMStatus await(String what, Predicate<PassthroughVMStatus> reached) {
        return stage.await(what)
                .until(
                        () -> {
                            stage.checkAlive();
                            stage.api().checkNotFailed(NAME);
                            return stage.api().vm(NAME).map(PassthroughVM::getStatus);
                        },
                        status -> status.filter(reached).isPresent())
                .orElseThrow();
    }

    private static boolean isApplied(PassthroughVMStatus status) {
        return status.memlock() != null && status.memlock().appliedBytes() != null;
    }

    private static boolean isRunning(PassthroughVMStatus status) {
        return status.phase() == Phase.Running
                && status.memlock() != null
                && status.memlock().lockedBytes() != null;
    }

    private Observation.Change awaitQemu() {
        return stage.await("the launcher has become QEMU")
                .until(
                        this::observation,
                        seen -> !seen.changes().isEmpty() && seen.last().name().startsWith("qemu"))
                .last();
    }

    private List<String> awaitGuest() {
        transcript.step("The guest boots, twice emulated: this is the longest step");
        GuestConsole console = stage.await("the guest has booted and listed its devices")
                .until(
                        () -> {
                            stage.checkAlive();
                            stage.api().checkNotFailed(NAME);
                            return GuestConsole.parse(stage.logs("default", NAME));
                        },
                        GuestConsole::ready);
        transcript.step("The guest's own list of PCI devices (kubectl logs gpu-vm)");
        transcript.show(String.join("\n", console.pciFunctions()));
        return console.pciFunctions();
    }

    private Observation observation() {
        try {
            return Observation.parse(Files.readString(work.resolve("observation.txt")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String plan(Memlock memlock) {
        return Objects.requireNonNull(memlock.terms()).stream()
                        .map(term -> "%,15d  %-16s %s".formatted(term.bytes(), term.name(), term.reason()))
                        .collect(Collectors.joining("\n"))
                + "\n%,15d  required, in %d address space".formatted(memlock.requiredBytes(), memlock.addressSpaces())
                + "\n%,15d  margin".formatted(memlock.marginBytes())
                + "\n%,15d  limit".formatted(memlock.limitBytes());
    }

    private static String container(Pod pod) {
        return Serialization.asYaml(pod.getSpec().getContainers().getFirst().getResources())
                .replace("---\n", "");
    }

    private static String devices(PassthroughVMStatus status) {
        return Objects.requireNonNull(status.devices()).stream()
                .map(device -> device.name() + " = " + String.join(" + ", device.pciAddresses()))
                .collect(Collectors.joining(", "));
    }

    private String agentLines() {
        return stage.agentLog()
                .lines()
                .filter(line -> line.contains(NAME) || line.contains("allocated") || line.contains("prepared"))
                .collect(Collectors.joining("\n"));
    }

    private String processStatus(long pid) {
        return stage.node()
                .exec("grep", "-E", "^(Name|Uid|NSpid|VmLck|Threads|CapEff|NoNewPrivs):", "/proc/" + pid + "/status")
                .orThrow();
    }

    private boolean everythingIsFree() {
        stage.checkAlive();
        PassthroughNodeStatus status = Objects.requireNonNull(
                stage.api().passthroughNode().orElseThrow().getStatus());
        boolean noGrant = status.grants() == null || status.grants().isEmpty();
        boolean nothingHeld = Objects.requireNonNull(status.devices()).stream()
                .noneMatch(device -> device.state() == DeviceState.Allocated);
        return noGrant && nothingHeld;
    }

    private String leftovers() {
        var left = stage.node().exec("sh", "-c", """
                        for status in /proc/[0-9]*/comm; do
                            grep -q '^qemu' "$status" 2>/dev/null && echo "process $status"
                        done
                        find /sys/fs/cgroup/kubepods -type d -name 'pod*' | wc -l
                        """).orThrow().strip();
        // The pods that stay are Holdfast's.
        require(
                left.equals(String.valueOf(stage.podsOfHoldfast())),
                "no QEMU process and no cgroup but Holdfast's is left, found: " + left);
        return "no QEMU process, no cgroup of the pod, the device is Free, no grant";
    }

    private void save(String file, HasMetadata object) {
        try {
            Files.writeString(work.resolve(file), Serialization.asYaml(object));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void require(boolean held, String what) {
        if (!held) {
            throw new IllegalStateException("expected that " + what);
        }
    }
}
