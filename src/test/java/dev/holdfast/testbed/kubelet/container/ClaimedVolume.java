package dev.holdfast.testbed.kubelet.container;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The volume of a claim, as it is on the node: a local or hostPath volume.
 *
 * @param block      it is a block device, or a file that stands for one
 * @param takesGroup the kubelet makes it the fsGroup's: a local volume yes, one of hostPath no
 */
public record ClaimedVolume(Path path, boolean block, boolean takesGroup) {
    public static ClaimedVolume of(
            String name, @Nullable PersistentVolumeClaim claim, @Nullable PersistentVolume volume)
            throws ContainerProblem {
        if (claim == null || volume == null) {
            throw new ContainerProblem(
                    "ContainerCreating",
                    "persistentvolumeclaim \"" + name + "\" "
                            + (claim == null ? "not found" : "is not bound to a volume that there is"));
        }
        boolean local = volume.getSpec().getLocal() != null;
        if (!local && volume.getSpec().getHostPath() == null) {
            throw new ContainerProblem(
                    "ContainerCreating",
                    "The embedded kubelet knows local and hostPath volumes, and the claim " + name + " has another.");
        }
        String path = local
                ? volume.getSpec().getLocal().getPath()
                : Objects.requireNonNull(volume.getSpec().getHostPath()).getPath();
        return new ClaimedVolume(Path.of(path), "Block".equals(volume.getSpec().getVolumeMode()), local);
    }
}
