package dev.holdfast.plan.observed;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Image volumes that the API server has left out of a pod. Without the feature gate ImageVolume it refuses nothing: it drops
 * these volumes and their mounts (kubernetes, pkg/api/pod/util.go, dropImageVolumes), and QEMU would find neither kernel nor
 * disk.
 */
public final class DroppedVolumes {
    private DroppedVolumes() {}

    /** Returns what to do about it; empty when the pod has all that were asked for. */
    public static Optional<Cause> of(Pod asked, Pod made) {
        Set<String> there = new ObservedPod(made).volumes();
        List<String> dropped = asked.getSpec().getVolumes().stream()
                .filter(volume -> volume.getImage() != null)
                .map(Volume::getName)
                .filter(name -> !there.contains(name))
                .toList();
        return dropped.isEmpty()
                ? Optional.empty()
                : Optional.of(new Cause(
                        Reason.ImageVolumesDisabled,
                        ("the API server left the image volumes (%s) out of pod %s, but kernelBoot and containerDisk need"
                                        + " them; turn on the feature gate ImageVolume in the API server and the kubelets,"
                                        + " update to Kubernetes 1.35 or later, where it is on, or use other firmware and"
                                        + " volumes")
                                .formatted(
                                        String.join(", ", dropped),
                                        asked.getMetadata().getName())));
    }
}
