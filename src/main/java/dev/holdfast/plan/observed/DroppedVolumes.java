package dev.holdfast.plan.observed;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Image volumes that the API server has dropped from a pod. Without the feature gate ImageVolume it accepts the pod without
 * these volumes and their mounts (kubernetes, pkg/api/pod/util.go, dropImageVolumes), and QEMU would find neither kernel nor
 * disk.
 */
public final class DroppedVolumes {
    private DroppedVolumes() {}

    /** Returns the cause with the remedy; empty when the pod has all requested volumes. */
    public static Optional<Cause> of(Pod requested, Pod created) {
        Set<String> present = new ObservedPod(created).volumes();
        List<String> dropped = requested.getSpec().getVolumes().stream()
                .filter(volume -> volume.getImage() != null)
                .map(Volume::getName)
                .filter(name -> !present.contains(name))
                .toList();
        return dropped.isEmpty()
                ? Optional.empty()
                : Optional.of(new Cause(
                        Reason.ImageVolumesDisabled,
                        ("the API server dropped the image volumes (%s) from pod %s, but kernelBoot and containerDisk"
                                        + " require them; enable the feature gate ImageVolume in the API server and the kubelets,"
                                        + " update to Kubernetes 1.35 or later, where it is enabled, or use other firmware and"
                                        + " volumes")
                                .formatted(
                                        String.join(", ", dropped),
                                        requested.getMetadata().getName())));
    }
}
