package dev.holdfast.plan;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Term;
import dev.holdfast.qemu.QemuShape;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** The pod of a VM: passes the restricted Pod Security Standard, and its one container becomes QEMU. */
public final class VmPod {
    static final String GENERATION_ANNOTATION = Names.GROUP + "/vm-generation";
    static final String OVERHEAD_ANNOTATION = Names.GROUP + "/memory-overhead";

    /** The user and group of QEMU in KubeVirt and Fedora. */
    static final long QEMU_ID = 107;

    private static final long HOST_PAGE_BYTES = 4096;
    private static final Map<String, String> ARCHITECTURE = Map.of("kubernetes.io/arch", "amd64");

    private VmPod() {}

    /** The pod for a VM as its spec is now, with the limit that belongs to it, where no node reports anything. */
    public static PodPlan of(PassthroughVM vm, Defaults defaults) {
        return of(vm, defaults, List.of());
    }

    /** The same, with the BARs that nodes report. */
    public static PodPlan of(PassthroughVM vm, Defaults defaults, List<PassthroughNode> nodes) {
        return of(vm, defaults, nodes, Claims.unknown());
    }

    /** The same, with the claims as they are: whether one is a block device only the claim tells. */
    static PodPlan of(PassthroughVM vm, Defaults defaults, List<PassthroughNode> nodes, Claims claims) {
        PassthroughVMSpec spec = vm.getSpec();
        Optional<Cause> fault = fault(spec).or(() -> MemlockChoice.fault(spec, defaults.memlockPolicies()));
        if (fault.isPresent()) {
            return new PodPlan.Invalid(fault.get());
        }
        try {
            VolumeFaults.check(spec);
            NetworkFaults.check(spec);
            MemlockInput input = MemlockInputs.of(spec, HOST_PAGE_BYTES);
            MemlockPlan memlock = MemlockChoice.plan(spec, input);
            QemuShape shape = QemuShapes.of(vm, defaults.allowEmulation(), input, claims);
            BarOverhead bars = BarOverhead.of(spec, nodes);
            List<Term> overhead =
                    PodOverhead.terms(shape, videoBytes(memlock), bars, MemlockInputs.overheadBytes(spec));
            Pod pod = pod(vm, defaults, shape, overhead, bars, claims);
            return new PodPlan.Ready(pod, shape, memlock, overhead, bars.assumptions());
        } catch (MemlockChoice.TooLowException e) {
            return new PodPlan.Invalid(e.cause());
        } catch (IllegalArgumentException e) {
            return new PodPlan.Invalid(
                    new Cause(Reason.InvalidSpec, Objects.requireNonNullElse(e.getMessage(), e.toString())));
        }
    }

    /** Whether the pod was made from the VM's present spec, by the generation that it bears. */
    static boolean isOfGeneration(Pod pod, PassthroughVM vm) {
        Map<String, String> annotations =
                Objects.requireNonNullElse(pod.getMetadata().getAnnotations(), Map.of());
        return String.valueOf(vm.getMetadata().getGeneration()).equals(annotations.get(GENERATION_ANNOTATION));
    }

    private static Optional<Cause> fault(PassthroughVMSpec spec) {
        if (spec == null) {
            return Optional.of(
                    new Cause(Reason.InvalidSpec, "the VM has no spec; give at least spec.memory.guest and a device"));
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

    private static Pod pod(
            PassthroughVM vm,
            Defaults defaults,
            QemuShape shape,
            List<Term> overhead,
            BarOverhead bars,
            Claims claims) {
        PassthroughVMSpec spec = vm.getSpec();
        PodVolumes disks = PodVolumes.of(vm, claims, shape.disks());
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(vm.getMetadata().getNamespace())
                .withName(vm.getMetadata().getName())
                .addToLabels(PodNetwork.labels(vm))
                .addToAnnotations(
                        GENERATION_ANNOTATION, String.valueOf(vm.getMetadata().getGeneration()))
                .addToAnnotations(OVERHEAD_ANNOTATION, published(overhead))
                .addToAnnotations(BarGrowth.ANNOTATION, BarGrowth.published(bars))
                .addToAnnotations(SpecChange.kept(spec)
                        .map(kept -> Map.of(SpecChange.ANNOTATION, kept))
                        .orElse(Map.of()))
                .withOwnerReferences(controllerReference(vm))
                .endMetadata()
                .withNewSpec()
                .withContainers(VmContainer.of(spec, defaults, shape, overhead, disks))
                .withVolumes(MachineVolumes.volumes(vm))
                .addAllToVolumes(disks.volumes())
                .withSecurityContext(podSecurity(spec))
                .withRestartPolicy("Never")
                .withTerminationGracePeriodSeconds(VmContainer.graceSeconds(spec))
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withNodeSelector(nodeSelector(spec))
                .withAffinity(spec.affinity())
                .withTolerations(spec.tolerations())
                .withPriorityClassName(spec.priorityClassName())
                .withSchedulerName(spec.schedulerName())
                .withImagePullSecrets(spec.imagePullSecrets())
                .endSpec()
                .build();
    }

    /** VMs are x86-64, and so is QEMU in the image; what the VM says of its own is not contradicted. */
    private static Map<String, String> nodeSelector(PassthroughVMSpec spec) {
        Map<String, String> labels = new LinkedHashMap<>(ARCHITECTURE);
        labels.putAll(Objects.requireNonNullElse(spec.nodeSelector(), Map.of()));
        return labels;
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

    private static String published(List<Term> overhead) {
        return overhead.stream()
                .map(term -> term.name() + "=" + VmContainer.bytes(term.bytes()))
                .collect(Collectors.joining(","));
    }
}
