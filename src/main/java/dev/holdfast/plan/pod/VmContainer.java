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

/** The only container of a VM's pod: its command, resources, security context and stop hook. */
final class VmContainer {
    static final String HOLDFAST = "/opt/holdfast/bin/holdfast";
    /** Maximum part of the grace period that is kept for the start of the hook and for QEMU to end. */
    private static final long HOOK_MARGIN_SECONDS = 5;

    private static final long MIB = 1L << 20;

    private VmContainer() {}

    /** @param grant whether the pod requires the extended resource of {@link GrantResource} */
    static Container of(
            MachineSpec machine,
            PodSettings settings,
            QemuShape shape,
            List<Term> overhead,
            DiskVolumes disks,
            boolean grant) {
        SortedMap<String, Quantity> limits = limits(machine, shape, overhead);
        if (grant) {
            limits.put(GrantResource.NAME, new Quantity("1"));
        }
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
                .withClaims(DeviceClaims.ofContainer(machine))
                .endResources()
                .withSecurityContext(security())
                .withVolumeMounts(SupportVolumes.mounts(machine))
                .addAllToVolumeMounts(disks.mounts())
                .withVolumeDevices(disks.devices())
                .withPorts(PodNetwork.ports(machine))
                // When QEMU fails, the kubelet reports the end of its output, which has the reason; see
                // TerminationCause.
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

    /** Escapes dollar signs, as the kubelet expands $(NAME) and $$ in args; in JSON they occur only inside strings. */
    private static String args(QemuShape shape) {
        return QemuShapeJson.write(shape).replace("$", "\\u0024");
    }

    private static SortedMap<String, Quantity> limits(MachineSpec machine, QemuShape shape, List<Term> overhead) {
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

    /** Returns a tenth of a CPU for each virtual CPU, without a limit, as KubeVirt requests by default. */
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
     * Returns the time for the guest to power itself off. Half of a short grace period is kept for the rest: the kubelet
     * includes the start of the hook, and after the hook QEMU still gets a SIGTERM, on which it quits. Without a grace period
     * the kubelet runs no hook.
     */
    private static long hookSeconds(long graceSeconds) {
        return Math.max(1, graceSeconds - Math.min(HOOK_MARGIN_SECONDS, (graceSeconds + 1) / 2));
    }

    /** Returns a readable quantity, in MiB for whole MiB. */
    public static Quantity bytes(long bytes) {
        return new Quantity(bytes % MIB == 0 ? bytes / MIB + "Mi" : String.valueOf(bytes));
    }
}
