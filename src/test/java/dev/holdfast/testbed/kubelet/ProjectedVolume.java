package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.kubelet.container.ContainerProblem;
import dev.holdfast.testbed.kubelet.device.Rejection;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapProjection;
import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ProjectedVolumeSource;
import io.fabric8.kubernetes.api.model.ServiceAccountTokenProjection;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A projected volume, such as the one that the API server adds to every pod that has a token mounted: token, ca.crt and
 * namespace. Its files are root's with the modes that the volume asks for, 0644 by default, and written at each start of
 * the container. Nothing renews a token in between: the API server makes tokens of an hour last for a year
 * ({@code --service-account-extend-token-expiration}), and no node of ours lives that long.
 */
final class ProjectedVolume {
    private static final int DEFAULT_MODE = 0644;

    /** Source of the contents. */
    interface Sources {
        /** A token of the pod's service account that ends with the pod. */
        String token(Pod pod, ServiceAccountTokenProjection wanted) throws ContainerProblem;

        /** Null when there is none of the name in the pod's namespace. */
        @Nullable
        ConfigMap configMap(Pod pod, String name) throws ContainerProblem;
    }

    private final Path directory;
    private final Pod pod;
    private final NodeFacts node;
    private final Sources sources;
    private final int defaultMode;

    private ProjectedVolume(Path directory, Pod pod, NodeFacts node, Sources sources, int defaultMode) {
        this.directory = directory;
        this.pod = pod;
        this.node = node;
        this.sources = sources;
        this.defaultMode = defaultMode;
    }

    /**
     * Fills the directory.
     *
     * @throws ContainerProblem when the API server does not have what belongs in it, or not yet
     */
    static void write(Path directory, Pod pod, ProjectedVolumeSource volume, NodeFacts node, Sources sources)
            throws ContainerProblem, Rejection, IOException {
        var projected = new ProjectedVolume(
                directory, pod, node, sources, Objects.requireNonNullElse(volume.getDefaultMode(), DEFAULT_MODE));
        Files.createDirectories(directory);
        for (VolumeProjection source : volume.getSources()) {
            projected.project(source);
        }
    }

    private void project(VolumeProjection source) throws ContainerProblem, Rejection, IOException {
        if (source.getServiceAccountToken() != null) {
            ServiceAccountTokenProjection token = source.getServiceAccountToken();
            file(token.getPath(), sources.token(pod, token), null);
        } else if (source.getConfigMap() != null) {
            configMap(source.getConfigMap());
        } else if (source.getDownwardAPI() != null) {
            for (DownwardAPIVolumeFile item : source.getDownwardAPI().getItems()) {
                if (item.getFieldRef() == null) {
                    throw Rejection.unsupported("files of resources in projected volumes");
                }
                file(item.getPath(), PodFields.of(pod, node, item.getFieldRef().getFieldPath()), item.getMode());
            }
        } else {
            throw Rejection.unsupported("projections other than serviceAccountToken, configMap and downwardAPI");
        }
    }

    private void configMap(ConfigMapProjection projection) throws ContainerProblem, IOException {
        ConfigMap found = sources.configMap(pod, projection.getName());
        if (found == null) {
            if (Boolean.TRUE.equals(projection.getOptional())) {
                return;
            }
            throw problem("configmap \"" + projection.getName() + "\" not found");
        }
        Map<String, String> data = Objects.requireNonNullElse(found.getData(), Map.of());
        if (projection.getItems().isEmpty()) {
            for (Map.Entry<String, String> entry : data.entrySet()) {
                file(entry.getKey(), entry.getValue(), null);
            }
        }
        for (KeyToPath item : projection.getItems()) {
            String content = data.get(item.getKey());
            if (content != null) {
                file(item.getPath(), content, item.getMode());
            } else if (!Boolean.TRUE.equals(projection.getOptional())) {
                throw problem("configmap " + projection.getName() + " has no key " + item.getKey());
            }
        }
    }

    private static ContainerProblem problem(String why) {
        return new ContainerProblem("ContainerCreating", "MountVolume.SetUp failed for a projected volume: " + why);
    }

    private void file(String path, String content, @Nullable Integer mode) throws IOException {
        Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, permissions(Objects.requireNonNullElse(mode, defaultMode)));
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        // Declared from the owner's read, the highest bit, down to everybody's execute.
        for (PosixFilePermission permission : PosixFilePermission.values()) {
            if ((mode >> (8 - permission.ordinal()) & 1) == 1) {
                permissions.add(permission);
            }
        }
        return permissions;
    }
}
