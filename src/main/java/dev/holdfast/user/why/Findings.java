package dev.holdfast.user.why;

import dev.holdfast.user.VmView;
import java.util.List;

/**
 * The objects that can be in the way of a VM, as far as the user may read them.
 *
 * @param claims  PersistentVolumeClaims and ResourceClaims
 * @param classes PassthroughDeviceClasses
 * @param reports PassthroughNodes: the one of the VM's node, or the list of all
 * @param events  Events of the namespace
 */
record Findings(
        VmView vm,
        Found pod,
        List<Found> claims,
        List<Found> classes,
        List<Found> nodes,
        Found reports,
        Found events) {}
