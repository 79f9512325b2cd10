package dev.holdfast.plan.deviceclass;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.plan.claims.DeviceSelection;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.status.VmConditions.Verdict;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClassBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClassSpec;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Next step for the DeviceClass of a PassthroughDeviceClass, and the conditions to report. A DeviceClass of that name with
 * another owner is never changed.
 *
 * @param verdicts conditions of the PassthroughDeviceClass once the step is done; none unless its allocation is DRA
 */
public record DeviceClassPlan(Step step, List<Verdict> verdicts) {
    /** The DeviceClass exists as it should be. */
    static final String READY = "DeviceClassReady";

    /** Pods can request the devices by the extended resource. */
    public static final String EXTENDED_RESOURCE = "ExtendedResourceReady";

    /** A change of the DeviceClass. */
    public enum Step {
        CREATE,
        /** Overwrite the fields that the operator manages. */
        APPLY,
        DELETE,
        NOTHING
    }

    public DeviceClassPlan {
        verdicts = List.copyOf(verdicts);
    }

    /** Returns the plan for a server without {@code resource.k8s.io/v1}. */
    public static DeviceClassPlan notServed(PassthroughDeviceClass deviceClass) {
        Cause cause = new Cause(
                Reason.DRANotAvailable,
                "the API server had no resource.k8s.io/v1 when the operator started, but allocation DRA requires it; update the cluster to Kubernetes 1.34 or later and restart the operator, or set spec.allocation to DevicePlugin");
        return new DeviceClassPlan(
                Step.NOTHING,
                wantsDra(deviceClass)
                        ? List.of(Verdict.no(READY, cause), Verdict.no(EXTENDED_RESOURCE, cause))
                        : List.of());
    }

    /**
     * Returns the plan.
     *
     * @param all     all DeviceClasses
     * @param dropped whether the server has stored the last apply without {@code extendedResourceName}
     */
    public static DeviceClassPlan of(PassthroughDeviceClass own, Collection<DeviceClass> all, boolean dropped) {
        String name = own.getMetadata().getName();
        Optional<DeviceClass> present = all.stream()
                .filter(one -> one.getMetadata().getName().equals(name))
                .findFirst();
        boolean ours = present.filter(one -> isOwnedBy(own, one)).isPresent();
        if (!wantsDra(own)) {
            boolean left = ours && !present.get().isMarkedForDeletion();
            return new DeviceClassPlan(left ? Step.DELETE : Step.NOTHING, List.of());
        }
        if (present.isPresent() && !ours) {
            Cause taken = new Cause(
                    Reason.DeviceClassTaken,
                    "DeviceClass %s exists and does not belong to this PassthroughDeviceClass; delete it, or give one of them another name"
                            .formatted(name));
            return new DeviceClassPlan(
                    Step.NOTHING, List.of(Verdict.no(READY, taken), Verdict.no(EXTENDED_RESOURCE, taken)));
        }
        Verdict ready = Verdict.yes(
                READY,
                Reason.DeviceClassKept,
                "DeviceClass %s selects the devices of this class that driver %s offers"
                        .formatted(name, Names.DRA_DRIVER));
        return new DeviceClassPlan(
                present.map(one -> isAsWanted(own, one, dropped) ? Step.NOTHING : Step.APPLY)
                        .orElse(Step.CREATE),
                List.of(ready, extendedResource(own, present, all, dropped)));
    }

    /** Returns the plan after the API server has refused a step. */
    public static DeviceClassPlan refused(PassthroughDeviceClass own, String message) {
        Cause cause = new Cause(
                Reason.DeviceClassRefused,
                "the API server refused DeviceClass %s: %s"
                        .formatted(own.getMetadata().getName(), message));
        return new DeviceClassPlan(
                Step.NOTHING,
                wantsDra(own) ? List.of(Verdict.no(READY, cause), Verdict.no(EXTENDED_RESOURCE, cause)) : List.of());
    }

    private static Verdict extendedResource(
            PassthroughDeviceClass own, Optional<DeviceClass> present, Collection<DeviceClass> all, boolean dropped) {
        String name = own.getMetadata().getName();
        String resource = Names.resourceOf(name);
        if (dropped) {
            return Verdict.no(
                    EXTENDED_RESOURCE,
                    new Cause(
                            Reason.ExtendedResourceDropped,
                            "the API server dropped extendedResourceName %s from DeviceClass %s, so deviceName cannot be used; update to Kubernetes 1.36 or later, enable the feature gate DRAExtendedResource, or use claimName in VMs"
                                    .formatted(resource, name)));
        }
        return SharedResource.of(name, present, resource, all)
                .map(shared -> shared.isTaken()
                        ? Verdict.no(EXTENDED_RESOURCE, new Cause(Reason.ExtendedResourceShared, shared.message()))
                        : Verdict.yes(EXTENDED_RESOURCE, Reason.ExtendedResourceShared, shared.message()))
                .orElseGet(() -> Verdict.yes(
                        EXTENDED_RESOURCE,
                        Reason.ExtendedResourceOffered,
                        "pods can request the devices by extended resource %s".formatted(resource)));
    }

    /** Returns the DeviceClass as it should be, with only the fields that the operator manages. */
    public static DeviceClass wanted(PassthroughDeviceClass own) {
        String name = own.getMetadata().getName();
        return new DeviceClassBuilder()
                .withNewMetadata()
                .withName(name)
                .withOwnerReferences(owner(own))
                .endMetadata()
                .withNewSpec()
                .addNewSelector()
                .withNewCel()
                .withExpression(DeviceSelection.expression(name))
                .endCel()
                .endSelector()
                .withExtendedResourceName(Names.resourceOf(name))
                .endSpec()
                .build();
    }

    /** Returns whether DRA allocates the devices of the class. */
    public static boolean wantsDra(PassthroughDeviceClass deviceClass) {
        return Given.of(deviceClass.getSpec(), PassthroughDeviceClassSpec::allocation)
                .filter(Allocation.DRA::equals)
                .isPresent();
    }

    /** Returns the owner reference. It does not block the owner's deletion, so that it needs no permission for finalizers. */
    private static OwnerReference owner(PassthroughDeviceClass own) {
        return new OwnerReferenceBuilder()
                .withApiVersion(own.getApiVersion())
                .withKind(own.getKind())
                .withName(own.getMetadata().getName())
                .withUid(own.getMetadata().getUid())
                .withController(true)
                .build();
    }

    private static boolean isOwnedBy(PassthroughDeviceClass own, DeviceClass present) {
        return present.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner -> owner.getUid().equals(own.getMetadata().getUid()));
    }

    private static boolean isAsWanted(PassthroughDeviceClass own, DeviceClass present, boolean dropped) {
        String name = own.getMetadata().getName();
        Optional<String> resource = Given.of(present.getSpec(), DeviceClassSpec::getExtendedResourceName);
        return DeviceSelection.expressions(present).equals(List.of(DeviceSelection.expression(name)))
                && present.getMetadata().getOwnerReferences().stream().anyMatch(owner -> isAsWanted(own, owner))
                && (resource.isEmpty() ? dropped : resource.get().equals(Names.resourceOf(name)));
    }

    /** Compares the managed fields only: an apply does not change what others have set, such as blockOwnerDeletion. */
    private static boolean isAsWanted(PassthroughDeviceClass own, OwnerReference present) {
        OwnerReference wanted = owner(own);
        return present.getUid().equals(wanted.getUid())
                && present.getApiVersion().equals(wanted.getApiVersion())
                && present.getKind().equals(wanted.getKind())
                && present.getName().equals(wanted.getName())
                && Boolean.TRUE.equals(present.getController());
    }
}
