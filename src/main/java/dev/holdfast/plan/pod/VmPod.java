package dev.holdfast.plan.pod;

import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Term;
import dev.holdfast.plan.claims.DynamicResources;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.MemlockInputs;
import dev.holdfast.plan.machine.Placement;
import dev.holdfast.plan.observed.ObservedPod;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.qemu.shape.QemuShape;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The pod of a VM. It meets the restricted Pod Security Standard, and its only container becomes QEMU. */
public final class VmPod {
    public static final String GENERATION_ANNOTATION = Names.GROUP + "/vm-generation";
    public static final String OVERHEAD_ANNOTATION = Names.GROUP + "/memory-overhead";

    /** The user and group of QEMU in KubeVirt and Fedora. */
    static final long QEMU_ID = 107;

    private static final long HOST_PAGE_BYTES = 4096;
    private static final Map<String, String> ARCHITECTURE = Map.of("kubernetes.io/arch", "amd64");

    private VmPod() {}

    /** Makes the pod of a VM's current spec, without knowledge of nodes and claims. */
    public static PodPlan of(PassthroughVM vm, PodSettings settings) {
        return of(vm, settings, ReportedNodes.none());
    }

    /** Makes the pod of a VM's current spec, with the BARs that nodes report, without knowledge of claims. */
    public static PodPlan of(PassthroughVM vm, PodSettings settings, ReportedNodes nodes) {
        return of(vm, MachineSpec.of(vm.getSpec()), settings, nodes, Set.of());
    }

    /**
     * Makes the pod of a VM and its memlock plan.
     *
     * @param machine     result of reading the VM's spec
     * @param nodes       node reports, with the sizes of BARs
     * @param blockClaims the claims whose volumes are block devices, which only the claims themselves show
     */
    public static PodPlan of(
            PassthroughVM vm,
            MachineSpec.Result machine,
            PodSettings settings,
            ReportedNodes nodes,
            Set<String> blockClaims) {
        return of(vm, machine, settings, nodes, blockClaims, DynamicResources.unknown());
    }

    /**
     * Makes the pod of a VM and its memlock plan.
     *
     * @param dynamic claims and slices, with the sizes of BARs of devices that come from claims
     */
    public static PodPlan of(
            PassthroughVM vm,
            MachineSpec.Result machine,
            PodSettings settings,
            ReportedNodes nodes,
            Set<String> blockClaims,
            DynamicResources dynamic) {
        return switch (machine) {
            case MachineSpec.Invalid invalid -> new PodPlan.Invalid(invalid.cause());
            case MachineSpec.Valid valid -> of(vm, valid.machine(), settings, nodes, blockClaims, dynamic);
        };
    }

    private static PodPlan of(
            PassthroughVM vm,
            MachineSpec machine,
            PodSettings settings,
            ReportedNodes nodes,
            Set<String> blockClaims,
            DynamicResources dynamic) {
        MemlockInput input = MemlockInputs.of(machine, HOST_PAGE_BYTES);
        return switch (MemlockApproval.of(machine.memlock(), input, settings.memlockPolicies())) {
            case MemlockApproval.Refused refused -> new PodPlan.Invalid(refused.cause());
            case MemlockApproval.Planned planned -> {
                QemuShape shape = QemuShapes.of(vm, machine, settings.allowEmulation(), blockClaims);
                BarOverhead bars = BarOverhead.of(machine, nodes.bars(), dynamic);
                List<Term> overhead =
                        PodOverhead.terms(machine, shape, videoBytes(planned.plan()), bars, settings.stopHook(machine));
                DiskVolumes disks = DiskVolumes.of(vm, machine, blockClaims, shape.disks());
                Pod pod = new PodBuilder()
                        .withMetadata(metadata(vm, shape, overhead, bars))
                        .withSpec(spec(
                                vm,
                                machine,
                                VmContainer.of(
                                        machine,
                                        settings,
                                        shape,
                                        overhead,
                                        disks,
                                        GrantResource.isRequired(machine, dynamic)),
                                disks))
                        .build();
                yield new PodPlan.Ready(pod, shape, planned.plan(), overhead, bars.assumptions());
            }
        };
    }

    /** Returns whether the pod was created from the VM's current spec, by its generation annotation. */
    public static boolean isOfGeneration(Pod pod, PassthroughVM vm) {
        return new ObservedPod(pod)
                .annotation(GENERATION_ANNOTATION)
                .filter(String.valueOf(vm.getMetadata().getGeneration())::equals)
                .isPresent();
    }

    private static long videoBytes(MemlockPlan memlock) {
        return memlock.terms().stream()
                .filter(term -> term.name().equals("video-memory"))
                .mapToLong(Term::bytes)
                .sum();
    }

    private static ObjectMeta metadata(PassthroughVM vm, QemuShape shape, List<Term> overhead, BarOverhead bars) {
        return new ObjectMetaBuilder()
                .withNamespace(vm.getMetadata().getNamespace())
                .withName(vm.getMetadata().getName())
                .addToLabels(PodNetwork.labels(vm))
                .addToAnnotations(
                        GENERATION_ANNOTATION, String.valueOf(vm.getMetadata().getGeneration()))
                .addToAnnotations(OVERHEAD_ANNOTATION, published(overhead))
                .addToAnnotations(BarOverhead.ANNOTATION, bars.published())
                .addToAnnotations(BarWindow.of(shape)
                        .map(window -> Map.of(BarWindow.ANNOTATION, window.published()))
                        .orElse(Map.of()))
                .addToAnnotations(KeptSpec.of(vm.getSpec())
                        .map(kept -> Map.of(KeptSpec.ANNOTATION, kept))
                        .orElse(Map.of()))
                .withOwnerReferences(controllerReference(vm))
                .build();
    }

    private static PodSpec spec(PassthroughVM vm, MachineSpec machine, Container container, DiskVolumes disks) {
        Placement placement = machine.placement();
        return new PodSpecBuilder()
                .withContainers(container)
                .withVolumes(SupportVolumes.volumes(vm, machine))
                .addAllToVolumes(disks.volumes())
                .withResourceClaims(DeviceClaims.ofPod(machine))
                .withSecurityContext(podSecurity(machine))
                .withRestartPolicy("Never")
                .withTerminationGracePeriodSeconds(machine.graceSeconds())
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withNodeSelector(nodeSelector(placement))
                .withAffinity(placement.affinity().orElse(null))
                .withTolerations(placement.tolerations())
                .withPriorityClassName(placement.priorityClass().orElse(null))
                .withSchedulerName(placement.scheduler().orElse(null))
                .withImagePullSecrets(placement.imagePullSecrets())
                .build();
    }

    /** Returns the node selector for x86-64, as of QEMU in the image; entries of the spec take precedence. */
    private static Map<String, String> nodeSelector(Placement placement) {
        Map<String, String> labels = new LinkedHashMap<>(ARCHITECTURE);
        labels.putAll(placement.nodeSelector());
        return labels;
    }

    static OwnerReference controllerReference(PassthroughVM vm) {
        return new OwnerReferenceBuilder()
                .withApiVersion(vm.getApiVersion())
                .withKind(vm.getKind())
                .withName(vm.getMetadata().getName())
                .withUid(vm.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .build();
    }

    private static PodSecurityContext podSecurity(MachineSpec machine) {
        boolean claims = machine.firmware().hasState() || !machine.claims().isEmpty();
        return new PodSecurityContextBuilder()
                .withRunAsNonRoot(true)
                .withRunAsUser(QEMU_ID)
                .withRunAsGroup(QEMU_ID)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                // The kubelet changes the group of a claim's file system to QEMU's, for a large one only once.
                .withFsGroup(claims ? QEMU_ID : null)
                .withFsGroupChangePolicy(claims ? "OnRootMismatch" : null)
                .withSysctls(PodNetwork.sysctls(machine))
                .build();
    }

    private static String published(List<Term> overhead) {
        return overhead.stream()
                .map(term -> term.name() + "=" + VmContainer.bytes(term.bytes()))
                .collect(Collectors.joining(","));
    }
}
