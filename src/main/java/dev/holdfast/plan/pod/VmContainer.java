package dev.holdfast.plan.pod;

import dev.holdfast.api.Names;
import dev.holdfast.memlock.Term;
import dev.holdfast.plan.machine.GuestMemory;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.qemu.shape.QemuShapeJson;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The one container of a VM's pod: what it runs, what it may have and how it is asked to end. */
final class VmContainer {
    static final String HOLDFAST = "/opt/holdfast/bin/holdfast";
    /** What the hook leaves of the grace period at the most, for its own start and for QEMU to end. */
    private static final long HOOK_MARGIN_SECONDS = 5;

    private static final long MIB = 1L << 20;

    private VmContainer() {}

    static Container of(
            MachineSpec machine, PodSettings settings, QemuShape shape, List<Term> overhead, PodVolumes disks) {
        Map<String, Quantity> limits = limits(machine, shape, overhead);
        Map<String, Quantity> requests = new TreeMap<>(limits);
        requests.put("cpu", cpuRequest(machine));
        requests.put("ephemeral-storage", bytes(NodeDiskSpace.requestBytes(shape.disks())));
        return new ContainerBuilder()
                .withName(Names.QEMU_CONTAINER)
                .withImage(machine.launcherImageOr(settings.launcherImage()))
                .withCommand(HOLDFAST)
                .withArgs("launch", "--shape", args(shape))
                .withStdin(true)
                .withTty(true)
                .withNewResources()
                .withLimits(limits)
                .withRequests(requests)
                .endResources()
                .withSecurityContext(security())
                .withVolumeMounts(MachineVolumes.mounts(machine))
                .addAllToVolumeMounts(disks.mounts())
                .withVolumeDevices(disks.devices())
                .withPorts(PodNetwork.ports(machine))
                // When QEMU fails the kubelet takes the end of its output, which holds the reason; see Ending.
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .withNewLifecycle()
                .withNewPreStop()
                .withNewExec()
                .withCommand(settings.stopHook(machine).command(hookSeconds(machine.graceSeconds())))
                .endExec()
                .endPreStop()
                .endLifecycle()
                .build();
    }

    /** The kubelet expands $(NAME) and $$ in args; a dollar sign in JSON is always inside a string, and can be spelled so. */
    private static String args(QemuShape shape) {
        return QemuShapeJson.write(shape).replace("$", "\\u0024");
    }

    private static Map<String, Quantity> limits(MachineSpec machine, QemuShape shape, List<Term> overhead) {
        SortedMap<String, Quantity> limits = new TreeMap<>();
        machine.deviceCounts().forEach((name, count) -> limits.put(name, new Quantity(String.valueOf(count))));
        limits.put("memory", bytes(Math.addExact(machine.memory().smallPageBytes(), PodOverhead.bytes(overhead))));
        limits.put("ephemeral-storage", bytes(NodeDiskSpace.limitBytes(shape.disks())));
        hugePages(machine.memory().pages()).ifPresent(resource -> limits.put(resource, bytes(shape.memoryBytes())));
        return limits;
    }

    private static Optional<String> hugePages(GuestMemory.Pages pages) {
        return switch (pages) {
            case SMALL -> Optional.empty();
            case HUGE_2_MIB -> Optional.of("hugepages-2Mi");
            case HUGE_1_GIB -> Optional.of("hugepages-1Gi");
        };
    }

    /** A tenth of a CPU for each virtual one, without a limit: what KubeVirt asks when nothing is said. */
    private static Quantity cpuRequest(MachineSpec machine) {
        return new Quantity(machine.processors().count() * 100 + "m");
    }

    private static SecurityContext security() {
        return new SecurityContextBuilder()
                .withRunAsNonRoot(true)
                .withRunAsUser(VmPod.QEMU_ID)
                .withRunAsGroup(VmPod.QEMU_ID)
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .build();
    }

    /**
     * How long the guest has. Half of a short grace period stays for the rest: the kubelet counts the hook's start, and
     * after the hook QEMU still gets its SIGTERM, upon which it ends as if told to quit. Without any grace the kubelet
     * runs no hook.
     */
    private static long hookSeconds(long graceSeconds) {
        return Math.max(1, graceSeconds - Math.min(HOOK_MARGIN_SECONDS, (graceSeconds + 1) / 2));
    }

    /** As a person would write it: in MiB where they are whole. */
    public static Quantity bytes(long bytes) {
        return new Quantity(bytes % MIB == 0 ? bytes / MIB + "Mi" : String.valueOf(bytes));
    }
}
