package dev.holdfast.plan;

import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughVM;
import dev.holdfast.api.PassthroughVMSpec;
import dev.holdfast.api.PassthroughVMSpec.KernelBoot;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Term;
import dev.holdfast.qemu.GuestPaths;
import dev.holdfast.qemu.QemuShape;
import dev.holdfast.qemu.QemuShapeJson;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The pod of a VM: passes the restricted Pod Security Standard, and its one container becomes QEMU. */
public final class VmPod {
    static final String GENERATION_ANNOTATION = Names.GROUP + "/vm-generation";
    static final String OVERHEAD_ANNOTATION = Names.GROUP + "/memory-overhead";

    private static final String HOLDFAST = "/opt/holdfast/bin/holdfast";
    /** The user and group of QEMU in KubeVirt and Fedora. */
    private static final long QEMU_ID = 107;

    private static final long HOST_PAGE_BYTES = 4096;
    private static final long DEFAULT_GRACE_SECONDS = 180;
    /** What the hook leaves of the grace period at the most, for its own start and for QEMU to end. */
    private static final long HOOK_MARGIN_SECONDS = 5;

    private static final long MIB = 1L << 20;
    private static final String RUN_VOLUME = "run";
    private static final String KERNEL_VOLUME = "kernel";

    private VmPod() {}

    /** The pod for a VM as its spec is now, with the limit that belongs to it. */
    public static PodPlan of(PassthroughVM vm, Defaults defaults) {
        return of(vm, defaults, Claims.unknown());
    }

    /** The same, with the claims as they are: whether one is a block device only the claim tells. */
    static PodPlan of(PassthroughVM vm, Defaults defaults, Claims claims) {
        PassthroughVMSpec spec = vm.getSpec();
        Optional<Why> fault = fault(spec).or(() -> MemlockChoice.fault(spec, defaults.memlockPolicies()));
        if (fault.isPresent()) {
            return new PodPlan.Invalid(fault.get());
        }
        try {
            VolumeFaults.check(spec);
            NetworkFaults.check(spec);
            MemlockInput input = MemlockInputs.of(spec, HOST_PAGE_BYTES);
            MemlockPlan memlock = MemlockChoice.plan(spec, input);
            QemuShape shape = QemuShapes.of(vm, defaults.allowEmulation(), input, claims);
            List<Term> overhead = PodOverhead.terms(shape, videoBytes(memlock));
            return new PodPlan.Ready(pod(vm, defaults, shape, overhead, claims), shape, memlock, overhead);
        } catch (MemlockChoice.TooLowException e) {
            return new PodPlan.Invalid(e.why());
        } catch (IllegalArgumentException e) {
            return new PodPlan.Invalid(
                    new Why("InvalidSpec", Objects.requireNonNullElse(e.getMessage(), e.toString())));
        }
    }

    /** Whether the pod was made from the VM's present spec, by the generation that it bears. */
    static boolean isOfGeneration(Pod pod, PassthroughVM vm) {
        Map<String, String> annotations =
                Objects.requireNonNullElse(pod.getMetadata().getAnnotations(), Map.of());
        return String.valueOf(vm.getMetadata().getGeneration()).equals(annotations.get(GENERATION_ANNOTATION));
    }

    private static Optional<Why> fault(PassthroughVMSpec spec) {
        if (spec == null) {
            return Optional.of(
                    new Why("InvalidSpec", "the VM has no spec; give at least spec.memory.guest and a device"));
        }
        if (spec.firmware() != null && spec.firmware().bios() != null && QemuShapes.kernelBoot(spec) != null) {
            return Optional.of(new Why(
                    "InvalidSpec",
                    "spec.firmware has both bios and kernelBoot, but a machine starts one way; remove one"));
        }
        KernelBoot boot = QemuShapes.kernelBoot(spec);
        if (boot != null
                && (boot.container() == null
                        || boot.container().image() == null
                        || boot.container().kernelPath() == null)) {
            return Optional.of(
                    new Why(
                            "InvalidSpec",
                            "spec.firmware.kernelBoot.container lacks its image or its kernelPath; give both, or no kernelBoot"));
        }
        return BoardFaults.of(spec).or(() -> WantedDevices.fault(spec));
    }

    /** What has to be there before the pod of a valid VM. */
    static Optional<PersistentVolumeClaim> claim(PassthroughVM vm, Defaults defaults) {
        return StateClaim.of(vm, controllerReference(vm), defaults);
    }

    private static long videoBytes(MemlockPlan memlock) {
        return memlock.terms().stream()
                .filter(term -> term.name().equals("video-memory"))
                .mapToLong(Term::bytes)
                .sum();
    }

    private static Pod pod(PassthroughVM vm, Defaults defaults, QemuShape shape, List<Term> overhead, Claims claims) {
        PassthroughVMSpec spec = vm.getSpec();
        PodVolumes disks = PodVolumes.of(vm, claims);
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(vm.getMetadata().getNamespace())
                .withName(vm.getMetadata().getName())
                .addToLabels(PodNetwork.labels(vm))
                .addToAnnotations(
                        GENERATION_ANNOTATION, String.valueOf(vm.getMetadata().getGeneration()))
                .addToAnnotations(OVERHEAD_ANNOTATION, published(overhead))
                .addToAnnotations(SpecChange.kept(spec)
                        .map(kept -> Map.of(SpecChange.ANNOTATION, kept))
                        .orElse(Map.of()))
                .withOwnerReferences(controllerReference(vm))
                .endMetadata()
                .withNewSpec()
                .withContainers(container(spec, defaults, shape, overhead, disks))
                .withVolumes(volumes(vm))
                .addAllToVolumes(disks.volumes())
                .withSecurityContext(podSecurity(spec))
                .withRestartPolicy("Never")
                .withTerminationGracePeriodSeconds(graceSeconds(spec))
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withNodeSelector(spec.nodeSelector())
                .withAffinity(spec.affinity())
                .withTolerations(spec.tolerations())
                .withPriorityClassName(spec.priorityClassName())
                .withSchedulerName(spec.schedulerName())
                .withImagePullSecrets(spec.imagePullSecrets())
                .endSpec()
                .build();
    }

    private static OwnerReference controllerReference(PassthroughVM vm) {
        return new OwnerReferenceBuilder()
                .withApiVersion(vm.getApiVersion())
                .withKind(vm.getKind())
                .withName(vm.getMetadata().getName())
                .withUid(vm.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .build();
    }

    private static Container container(
            PassthroughVMSpec spec, Defaults defaults, QemuShape shape, List<Term> overhead, PodVolumes disks) {
        Map<String, Quantity> limits = limits(spec, shape, overhead);
        Map<String, Quantity> requests = new TreeMap<>(limits);
        requests.put("cpu", cpuRequest(shape));
        return new ContainerBuilder()
                .withName(Names.QEMU_CONTAINER)
                .withImage(Objects.requireNonNullElse(spec.launcherImage(), defaults.launcherImage()))
                .withCommand(HOLDFAST)
                .withArgs("launch", "--shape", args(shape))
                .withStdin(true)
                .withTty(true)
                .withNewResources()
                .withLimits(limits)
                .withRequests(requests)
                .endResources()
                .withSecurityContext(containerSecurity())
                .withVolumeMounts(mounts(spec))
                .addAllToVolumeMounts(disks.mounts())
                .withVolumeDevices(disks.devices())
                .withPorts(PodNetwork.ports(spec))
                // When QEMU fails the kubelet takes the end of its output, which holds the reason; see Ending.
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .withNewLifecycle()
                .withNewPreStop()
                .withNewExec()
                .withCommand(HOLDFAST, "shutdown", "--timeout", String.valueOf(hookSeconds(graceSeconds(spec))))
                .endExec()
                .endPreStop()
                .endLifecycle()
                .build();
    }

    /** The kubelet expands $(NAME) and $$ in args; a dollar sign in JSON is always inside a string, and can be spelled so. */
    private static String args(QemuShape shape) {
        return QemuShapeJson.write(shape).replace("$", "\\u0024");
    }

    private static Map<String, Quantity> limits(PassthroughVMSpec spec, QemuShape shape, List<Term> overhead) {
        SortedMap<String, Quantity> limits = new TreeMap<>();
        WantedDevices.counts(spec).forEach((name, count) -> limits.put(name, new Quantity(String.valueOf(count))));
        limits.put("memory", bytes(Math.addExact(BoardOverhead.smallPageBytes(shape), PodOverhead.bytes(overhead))));
        Long huge = shape.board().hugePageBytes();
        if (huge != null) {
            limits.put("hugepages-" + (huge == 2 * MIB ? "2Mi" : "1Gi"), bytes(shape.memoryBytes()));
        }
        return limits;
    }

    /** A tenth of a CPU for each virtual one, without a limit: what KubeVirt asks when nothing is said. */
    private static Quantity cpuRequest(QemuShape shape) {
        return new Quantity(shape.sockets() * shape.cores() * shape.threads() * 100 + "m");
    }

    private static PodSecurityContext podSecurity(PassthroughVMSpec spec) {
        boolean claims = Boards.hasState(spec) || !Volumes.claims(spec).isEmpty();
        return new PodSecurityContextBuilder()
                .withRunAsNonRoot(true)
                .withRunAsUser(QEMU_ID)
                .withRunAsGroup(QEMU_ID)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                // A claim's file system is made to belong to QEMU's group; a big one only once.
                .withFsGroup(claims ? QEMU_ID : null)
                .withFsGroupChangePolicy(claims ? "OnRootMismatch" : null)
                .withSysctls(PodNetwork.sysctls(spec))
                .build();
    }

    private static SecurityContext containerSecurity() {
        return new SecurityContextBuilder()
                .withRunAsNonRoot(true)
                .withRunAsUser(QEMU_ID)
                .withRunAsGroup(QEMU_ID)
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

    private static List<Volume> volumes(PassthroughVM vm) {
        PassthroughVMSpec spec = vm.getSpec();
        List<Volume> volumes = new ArrayList<>();
        volumes.add(new VolumeBuilder()
                .withName(RUN_VOLUME)
                .withNewEmptyDir()
                .withMedium("Memory")
                .withSizeLimit(new Quantity(Boards.efi(spec) == null ? "1Mi" : "2Mi"))
                .endEmptyDir()
                .build());
        KernelBoot boot = QemuShapes.kernelBoot(spec);
        if (boot != null) {
            volumes.add(new VolumeBuilder()
                    .withName(KERNEL_VOLUME)
                    .withNewImage()
                    .withReference(boot.container().image())
                    .endImage()
                    .build());
        }
        volumes.addAll(MachineVolumes.volumes(vm));
        return volumes;
    }

    private static List<VolumeMount> mounts(PassthroughVMSpec spec) {
        List<VolumeMount> mounts = new ArrayList<>();
        mounts.add(new VolumeMountBuilder()
                .withName(RUN_VOLUME)
                .withMountPath(GuestPaths.RUN_DIR)
                .build());
        if (QemuShapes.kernelBoot(spec) != null) {
            mounts.add(new VolumeMountBuilder()
                    .withName(KERNEL_VOLUME)
                    .withMountPath(GuestPaths.KERNEL_DIR)
                    .withReadOnly(true)
                    .build());
        }
        mounts.addAll(MachineVolumes.mounts(spec));
        return mounts;
    }

    private static long graceSeconds(PassthroughVMSpec spec) {
        return Objects.requireNonNullElse(spec.terminationGracePeriodSeconds(), DEFAULT_GRACE_SECONDS);
    }

    /**
     * How long the guest has. Half of a short grace period stays for the rest: the kubelet counts the hook's start, and
     * after the hook QEMU still gets its SIGTERM, upon which it ends as if told to quit. Without any grace the kubelet
     * runs no hook.
     */
    static long hookSeconds(long graceSeconds) {
        return Math.max(1, graceSeconds - Math.min(HOOK_MARGIN_SECONDS, (graceSeconds + 1) / 2));
    }

    private static String published(List<Term> overhead) {
        return overhead.stream()
                .map(term -> term.name() + "=" + bytes(term.bytes()))
                .collect(Collectors.joining(","));
    }

    private static Quantity bytes(long bytes) {
        return new Quantity(bytes % MIB == 0 ? bytes / MIB + "Mi" : String.valueOf(bytes));
    }
}
