package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.kubelet.claim.PodClaims;
import dev.holdfast.testbed.kubelet.container.Cdi;
import dev.holdfast.testbed.kubelet.container.Cgroups;
import dev.holdfast.testbed.kubelet.container.Images;
import dev.holdfast.testbed.kubelet.container.Runc;
import dev.holdfast.testbed.kubelet.device.DeviceManager;
import java.nio.file.Path;
import java.time.Clock;

/**
 * State that all pods of a node share.
 *
 * @param state on a tmpfs: roots of containers and volumes are there
 * @param logs  gets {@code <namespace>_<pod>.log} of each pod, as it comes
 */
record NodeServices(
        NodeFacts node,
        DeviceManager devices,
        PodClaims claims,
        Cdi cdi,
        Images images,
        Cgroups cgroups,
        Runc runc,
        PodApi api,
        PodNetworks networks,
        Path state,
        Path logs,
        Clock clock) {}
