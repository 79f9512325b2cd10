package dev.holdfast.plan.claims;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.plan.claims.ClaimRequest.Alternative;
import dev.holdfast.plan.machine.DeviceSource;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.PodClaim;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimStatus;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Explains why the devices of a VM that come from claims cannot be used. */
public final class ClaimObstacle {
    /** Maximum number of requests, or pods, that a message names. */
    private static final int MAX_NAMED = 8;

    private final String vm;
    private final MachineSpec machine;
    private final DynamicResources resources;

    /**
     * @param vm name of the VM and its pod
     */
    public ClaimObstacle(String vm, MachineSpec machine, DynamicResources resources) {
        this.vm = vm;
        this.machine = machine;
        this.resources = resources;
    }

    /** Returns why no pod is to use the claims; empty when one may. */
    public Optional<Cause> unusable() {
        if (machine.deviceClaims().isEmpty()) {
            return Optional.empty();
        }
        return switch (resources.state()) {
            case UNKNOWN -> Optional.empty();
            case NOT_SERVED ->
                Optional.of(
                        new Cause(
                                Reason.DRANotAvailable,
                                "the API server has no resource.k8s.io/v1, but spec.resourceClaims require it; update the cluster to Kubernetes 1.34 or later and restart the operator, or request the devices by deviceName"));
            case READ ->
                first(machine.deviceClaims(), this::absent)
                        .or(() -> first(devices(), this::unsupported))
                        .or(() -> first(machine.deviceClaims(), this::reserved));
        };
    }

    /**
     * Returns why the pod has no node; empty when its claims are no obstacle.
     *
     * @param refusal the scheduler's message, once it has tried
     */
    public Optional<Cause> unscheduled(Optional<String> refusal) {
        if (resources.state() != DynamicResources.State.READ) {
            return Optional.empty();
        }
        String scheduler =
                refusal.map(message -> "; the scheduler reports: " + message).orElse("");
        return first(devices(), this::unknownClass)
                .or(() -> first(machine.deviceClaims(), this::elsewhere).filter(cause -> refusal.isPresent()))
                .or(() -> first(devices(), this::notAllocated).filter(cause -> refusal.isPresent()))
                .map(cause -> new Cause(cause.reason(), cause.message() + scheduler));
    }

    private Optional<Cause> absent(PodClaim claim) {
        String kind = claim.kind() == PodClaim.Kind.CLAIM ? "ResourceClaim" : "ResourceClaimTemplate";
        HasMetadata object = claim.kind() == PodClaim.Kind.CLAIM
                ? resources.claims().get(claim.object())
                : resources.templates().get(claim.object());
        if (object == null) {
            return Optional.of(new Cause(
                    Reason.ResourceClaimNotFound,
                    "%s %s not found in the VM's namespace; create it, or correct spec.resourceClaims"
                            .formatted(kind, claim.object())));
        }
        return object.isMarkedForDeletion()
                ? Optional.of(new Cause(
                        Reason.ResourceClaimNotFound,
                        "%s %s is being deleted; create it again when it is gone, or correct spec.resourceClaims"
                                .formatted(kind, claim.object())))
                : Optional.empty();
    }

    private Optional<Cause> unsupported(Device device) {
        List<ClaimRequest> requests = Given.list(resources.requests(device.claim()));
        Optional<ClaimRequest> request = resources.request(device.claim(), device.source());
        if (request.isEmpty()) {
            String names =
                    requests.stream().map(ClaimRequest::name).limit(MAX_NAMED).collect(Collectors.joining(", "));
            return Optional.of(unsupported(
                    device.source().request().isEmpty()
                            ? "%s has %d requests (%s), must have one unless the device has a requestName; set requestName of the device"
                                    .formatted(words(device.claim()), requests.size(), names)
                            : "%s has no request \"%s\" (existing requests: %s); correct requestName of the device"
                                    .formatted(
                                            words(device.claim()),
                                            device.source().request(),
                                            names)));
        }
        return first(request.get().alternatives(), Alternative::fault)
                .map(fault -> unsupported(
                        "request %s of %s: %s".formatted(request.get().name(), words(device.claim()), fault)));
    }

    private static Cause unsupported(String message) {
        return new Cause(Reason.ResourceClaimNotSupported, message);
    }

    /** Returns the pod that has the claim. A former pod of the VM does not count, as it is gone soon. */
    private Optional<Cause> reserved(PodClaim claim) {
        if (claim.kind() == PodClaim.Kind.TEMPLATE) {
            return Optional.empty();
        }
        return resources.claim(claim).stream()
                .flatMap(object ->
                        Given.list(Given.of(object.getStatus(), ResourceClaimStatus::getReservedFor)).stream())
                .filter(user -> !("pods".equals(user.getResource()) && vm.equals(user.getName())))
                .findFirst()
                .map(user -> new Cause(
                        Reason.ResourceClaimReserved,
                        "%s is reserved for %s %s, must be for this VM alone, because a device cannot be shared; delete that pod, or use another claim"
                                .formatted(
                                        words(claim),
                                        "pods".equals(user.getResource()) ? "pod" : user.getResource(),
                                        user.getName())));
    }

    private Optional<Cause> unknownClass(Device device) {
        return resources.request(device.claim(), device.source()).stream()
                .flatMap(request -> request.alternatives().stream())
                .map(Alternative::deviceClass)
                .filter(Predicate.not(resources.classes()::containsKey))
                .findFirst()
                .map(unknown -> new Cause(
                        Reason.DeviceClassUnknown,
                        "DeviceClass %s not found, which %s requests; create it, for example by a PassthroughDeviceClass with allocation DRA, or correct the claim"
                                .formatted(unknown, words(device.claim()))));
    }

    private Optional<Cause> elsewhere(PodClaim claim) {
        return resources
                .claim(claim)
                .flatMap(ClaimAllocation::of)
                .flatMap(ClaimAllocation::node)
                .map(node -> new Cause(
                        Reason.ResourceClaimElsewhere,
                        "%s is allocated on node %s, so the pod can run only there; make room on that node, or use another claim"
                                .formatted(words(claim), node)));
    }

    private Optional<Cause> notAllocated(Device device) {
        if (resources.claim(device.claim()).flatMap(ClaimAllocation::of).isPresent()) {
            return Optional.empty();
        }
        String counts = resources.request(device.claim(), device.source()).stream()
                .flatMap(request -> request.alternatives().stream())
                .map(Alternative::deviceClass)
                .distinct()
                .map(this::counts)
                .collect(Collectors.joining(", "));
        return Optional.of(new Cause(
                Reason.ResourceClaimNotAllocated,
                "%s is not allocated: %s%s".formatted(words(device.claim()), counts, offeredTwice(device))));
    }

    /** Returns a warning about a device that the request may get and that two drivers offer; empty when there is none. */
    private String offeredTwice(Device device) {
        return resources.request(device.claim(), device.source()).stream()
                .flatMap(request -> request.alternatives().stream())
                .map(Alternative::deviceClass)
                .distinct()
                .flatMap(this::candidates)
                .flatMap(candidate -> resources.devices().offeredTwice(candidate).stream()
                        .map(other ->
                                "; %s on node %s is offered by the drivers %s and %s, so neither may give it to the VM; ask a cluster administrator to exclude it from one of them"
                                        .formatted(
                                                candidate.function().orElse(""),
                                                candidate.node(),
                                                candidate.id().driver(),
                                                other.id().driver())))
                .findFirst()
                .orElse("");
    }

    /** Returns the devices of a DeviceClass; all devices where only the scheduler can tell. */
    private Stream<SliceDevice> candidates(String deviceClass) {
        return Given.of(resources.classes().get(deviceClass))
                .map(DeviceSelection::of)
                .flatMap(resources.devices()::selectedBy)
                .orElse(resources.devices().all())
                .stream();
    }

    /** Returns the devices of a DeviceClass by number: "1 of 3 devices of DeviceClass a100 on 2 nodes are free". */
    private String counts(String deviceClass) {
        return Given.of(resources.classes().get(deviceClass))
                .map(DeviceSelection::of)
                .flatMap(resources.devices()::selectedBy)
                .map(selected -> "%d of %d devices of DeviceClass %s on %d nodes are free"
                        .formatted(
                                selected.stream()
                                        .filter(resources.devices()::isFree)
                                        .count(),
                                selected.size(),
                                deviceClass,
                                selected.stream()
                                        .map(SliceDevice::node)
                                        .filter(Predicate.not(String::isEmpty))
                                        .distinct()
                                        .count()))
                .orElse("only the scheduler knows the devices of DeviceClass %s".formatted(deviceClass));
    }

    private String words(PodClaim claim) {
        return switch (claim.kind()) {
            case CLAIM -> "ResourceClaim " + claim.object();
            case TEMPLATE ->
                Given.of(resources.generated().get(claim.name()))
                        .map(name -> "ResourceClaim %s of template %s".formatted(name, claim.object()))
                        .orElse("ResourceClaimTemplate " + claim.object());
        };
    }

    /** A device of the VM and its claim. */
    private record Device(DeviceSource.OfClaim source, PodClaim claim) {}

    private List<Device> devices() {
        return machine.claimedDevices().stream()
                .flatMap(source -> machine.deviceClaims().stream()
                        .filter(claim -> claim.name().equals(source.claim()))
                        .map(claim -> new Device(source, claim)))
                .toList();
    }

    private static <T, R> Optional<R> first(List<T> all, Function<T, Optional<R>> check) {
        return all.stream().map(check).flatMap(Optional::stream).findFirst();
    }
}
