package dev.holdfast.agent.grant.decision;

import dev.holdfast.agent.dra.ClaimFacts;
import dev.holdfast.agent.grant.decision.ClaimedDevice.NotFound;
import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.agent.slice.ForeignDevices.Found;
import dev.holdfast.agent.slice.ForeignDevices.Offer;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.VfioDrivers;
import dev.holdfast.inventory.AssignableGroup;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.pci.PciAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds the functions of a device that another driver has allocated and prepared. The driver's ResourceSlice says only where
 * to look: whether the function can be passed through, and which others go with it, is what sysfs shows. Pure.
 *
 * <p>The guest gets the function and its companions, as of a class of Holdfast. A companion that is a device of its own to
 * the driver could be allocated to another pod, so this pod's claims must have it.
 *
 * @param claim  for messages
 * @param result device of the claim
 */
record ForeignDevice(String claim, ClaimFacts.Result result, ClaimedDevice.Facts facts) {

    /** Finds the functions; the kubelet has reported that the device is prepared for the pod. */
    ClaimedDevice functions() {
        return switch (facts.foreign().find(result.driver(), result.pool(), result.device())) {
            case Found.Incomplete incomplete -> new NotFound(new Wait(incomplete.message()));
            case Found.Missing missing ->
                refuse(
                        RefusalCode.CLAIM_NOT_USABLE,
                        claim + " allocates device " + result.device() + ", " + missing.message());
            case Found.At at ->
                facts.foreign()
                        .inventory()
                        .containing(at.address())
                        .map(group -> of(at.address(), group))
                        .orElseGet(() -> refuse(
                                RefusalCode.DEVICE_GONE,
                                allocated(at.address()) + "which is no device on the PCI bus of this node, or a part of"
                                        + " the host; update driver " + result.driver()
                                        + ", or delete the pod, so that it is scheduled again"));
        };
    }

    private ClaimedDevice of(PciAddress function, DeviceGroup group) {
        Optional<ClaimedDevice> objection = Stream.<Optional<ClaimedDevice>>of(
                        offeredByHoldfast(function, group),
                        notOnVfio(function, group),
                        missingCompanions(function, group),
                        notViable(function, group),
                        ownDevices(function, group),
                        granted(group),
                        silent(group))
                .flatMap(Optional::stream)
                .findFirst();
        return objection.orElseGet(() -> new ClaimedDevice.Foreign(new AssignableGroup(
                Stream.concat(Stream.of(function), companions(function, group).map(PciFunction::address))
                        .toList(),
                group.iommuGroup(),
                group.numaNode())));
    }

    /** Neither the scheduler nor the kubelet compares devices of two drivers: both could give the device to a pod. */
    private Optional<ClaimedDevice> offeredByHoldfast(PciAddress function, DeviceGroup group) {
        return group.deviceClass() == null
                ? Optional.empty()
                : Optional.of(refuse(
                        RefusalCode.CLAIM_NOT_USABLE,
                        allocated(function) + "which PassthroughDeviceClass " + group.deviceClass()
                                + " offers, too; a device must be offered by one driver; exclude it from one of them"));
    }

    private Optional<ClaimedDevice> notOnVfio(PciAddress function, DeviceGroup group) {
        return group.members().stream()
                .filter(member -> member.address().equals(function))
                .filter(member -> !member.onVfio() && !VfioDrivers.isKnown(member.driver()))
                .findFirst()
                .map(member -> refuse(
                        RefusalCode.CLAIM_NOT_USABLE,
                        allocated(function) + "which is bound to " + driver(member)
                                + "; must be bound to vfio-pci, or a variant of it, when the claim is prepared; allocate"
                                + " a device for passthrough, by another DeviceClass or configuration of driver "
                                + result.driver()));
    }

    private Optional<ClaimedDevice> missingCompanions(PciAddress function, DeviceGroup group) {
        String missing = group.blockers().stream()
                .filter(member -> !member.address().equals(function))
                .map(member -> member.address() + " (" + driver(member) + ")")
                .collect(Collectors.joining(", "));
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of(refuse(
                        RefusalCode.CLAIM_NOT_USABLE,
                        allocated(function) + "but not the whole IOMMU group " + group.iommuGroup()
                                + " is on VFIO: " + missing
                                + "; bind these companions to vfio-pci as well, or use a device class of Holdfast"));
    }

    private Optional<ClaimedDevice> notViable(PciAddress function, DeviceGroup group) {
        boolean opens = group.members().stream()
                .filter(member -> member.address().equals(function))
                .anyMatch(PciFunction::opensForVm);
        return opens && group.viable()
                ? Optional.empty()
                : Optional.of(refuse(
                        RefusalCode.DEVICE_GONE,
                        allocated(function) + "which cannot be passed through: "
                                + Objects.requireNonNullElse(group.message(), "VFIO has no device node for it")));
    }

    /** Returns the refusal because of companions that are devices of their own, and not allocated to this pod. */
    private Optional<ClaimedDevice> ownDevices(PciAddress function, DeviceGroup group) {
        String missing = companions(function, group)
                .flatMap(member -> facts.foreign().offer(member.address()).stream())
                .filter(Predicate.not(this::isAllocated))
                .map(offer -> offer.address() + " (device " + offer.device() + " of " + offer.driver() + ")")
                .collect(Collectors.joining(", "));
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of(refuse(
                        RefusalCode.CLAIM_NOT_USABLE,
                        allocated(function) + "but not its companions in IOMMU group " + group.iommuGroup() + ": "
                                + missing + "; request them in the same claim, because a group serves one VM"));
    }

    private boolean isAllocated(Offer offer) {
        return facts.prepared().stream()
                .anyMatch(device -> device.driver().equals(offer.driver())
                        && device.pool().equals(offer.pool())
                        && device.device().equals(offer.device()));
    }

    private Optional<ClaimedDevice> granted(DeviceGroup group) {
        return GrantedFunctions.ofOthers(
                        facts.foreign().grants(),
                        facts.pod().uid(),
                        group.members().stream().map(PciFunction::address).toList())
                .map(NotFound::new);
    }

    private Optional<ClaimedDevice> silent(DeviceGroup group) {
        List<PciAddress> functions = group.members().stream()
                .filter(PciFunction::opensForVm)
                .map(PciFunction::address)
                .toList();
        return facts.foreign().respond().test(functions)
                ? Optional.empty()
                : Optional.of(refuse(
                        RefusalCode.DEVICE_GONE,
                        claim + " allocates device " + result.device() + " of driver " + result.driver()
                                + ", but functions of its IOMMU group " + group.iommuGroup()
                                + " are not responding; reset the device, or power the node off and on"));
    }

    private static Stream<PciFunction> companions(PciAddress function, DeviceGroup group) {
        return group.members().stream()
                .filter(PciFunction::opensForVm)
                .filter(member -> !member.address().equals(function));
    }

    private static String driver(PciFunction member) {
        return member.driver() == null ? "no driver" : "driver " + member.driver();
    }

    private String allocated(PciAddress function) {
        return claim + " allocates " + function + " (device " + result.device() + " of driver " + result.driver()
                + "), ";
    }

    private static ClaimedDevice refuse(RefusalCode reason, String message) {
        return new NotFound(new Refuse(reason, message));
    }
}
