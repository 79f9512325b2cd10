package dev.holdfast.plan.pod;

import dev.holdfast.plan.claims.ClaimRequest;
import dev.holdfast.plan.claims.ClaimRequest.Alternative;
import dev.holdfast.plan.claims.DeviceSelection;
import dev.holdfast.plan.claims.DynamicResources;
import dev.holdfast.plan.claims.SliceDevices;
import dev.holdfast.plan.machine.DeviceSource;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.machine.GuestIommu;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.observed.BarSizes;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Memory BARs of devices that come from claims: the largest device that the request may allocate. Of the classes of agents it
 * is what nodes report, with companions; of other drivers' devices the capacity {@code memory} in their slices. As neither is
 * trusted, a device counts with at most {@link BarSizes#MAX_BYTES}.
 */
public final class ClaimedBars {
    private final MachineSpec machine;
    private final DynamicResources dynamic;
    private final BarSizes reported;

    public ClaimedBars(MachineSpec machine, BarSizes reported, DynamicResources dynamic) {
        this.machine = machine;
        this.dynamic = dynamic;
        this.reported = reported;
    }

    /** Returns the bytes of the largest device; empty when one of the DeviceClasses shows no size. */
    public OptionalLong largest(DeviceSource.OfClaim device) {
        Optional<ClaimRequest> request = machine.deviceClaims().stream()
                .filter(claim -> claim.name().equals(device.claim()))
                .findFirst()
                .flatMap(claim -> dynamic.request(claim, device));
        List<OptionalLong> sizes = request.stream()
                .flatMap(found -> found.alternatives().stream())
                .map(Alternative::deviceClass)
                .map(this::ofClass)
                .toList();
        return sizes.stream().allMatch(OptionalLong::isPresent)
                ? sizes.stream().mapToLong(OptionalLong::getAsLong).max()
                : OptionalLong.empty();
    }

    private OptionalLong ofClass(String deviceClass) {
        return Given.of(dynamic.classes().get(deviceClass))
                .map(DeviceSelection::of)
                .map(this::ofSelection)
                .orElse(OptionalLong.empty());
    }

    private OptionalLong ofSelection(DeviceSelection selection) {
        OptionalLong fromNodes = selection instanceof DeviceSelection.OfClass own
                ? reported.largest(own.name(), machine.iommu() != GuestIommu.NONE)
                : OptionalLong.empty();
        return fromNodes.isPresent()
                ? fromNodes
                : dynamic.devices()
                        .selectedBy(selection)
                        .map(SliceDevices::largestMemory)
                        .filter(OptionalLong::isPresent)
                        .map(bytes -> OptionalLong.of(Math.min(bytes.getAsLong(), BarSizes.MAX_BYTES)))
                        .orElse(OptionalLong.empty());
    }
}
