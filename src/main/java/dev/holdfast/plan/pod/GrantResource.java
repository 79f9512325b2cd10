package dev.holdfast.plan.pod;

import dev.holdfast.api.Names;
import dev.holdfast.plan.claims.DynamicResources;
import dev.holdfast.plan.machine.DeviceSource;
import dev.holdfast.plan.machine.MachineSpec;

/**
 * The extended resource that brings the grant socket, /dev/kvm and /dev/vfio/vfio into a pod. The agent gives them with each
 * device of its own; another driver's device comes without them.
 */
final class GrantResource {
    static final String NAME = Names.resourceOf(Names.GRANT);

    private GrantResource() {}

    /**
     * Returns whether a pod requires the resource. This must be known before the pod exists, when a claim made from a
     * template is not allocated; where the DeviceClasses do not exclude another driver, the resource is requested. It does
     * no harm beside a device of Holdfast, as the runtime mounts the same only once.
     *
     * @param dynamic claims and DeviceClasses; if they were not read, the answer is false
     */
    static boolean isRequired(MachineSpec machine, DynamicResources dynamic) {
        return dynamic.state() == DynamicResources.State.READ
                && machine.claimedDevices().stream().anyMatch(device -> !isOwn(machine, device, dynamic));
    }

    private static boolean isOwn(MachineSpec machine, DeviceSource.OfClaim device, DynamicResources dynamic) {
        return machine.deviceClaims().stream()
                .filter(claim -> claim.name().equals(device.claim()))
                .findFirst()
                .flatMap(claim -> dynamic.request(claim, device))
                .filter(dynamic::isOwn)
                .isPresent();
    }
}
