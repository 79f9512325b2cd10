package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.kubelet.container.ClaimedVolume;
import dev.holdfast.testbed.kubelet.container.Commands;
import dev.holdfast.testbed.kubelet.container.ContainerPlan;
import dev.holdfast.testbed.kubelet.container.ContainerProblem;
import dev.holdfast.testbed.kubelet.device.Rejection;
import io.fabric8.kubernetes.api.model.EmptyDirVolumeSource;
import io.fabric8.kubernetes.api.model.HostPathVolumeSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeDevice;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The volumes of one pod: directories of the node, made when the pod is, gone with it. */
final class Volumes {
    private static final int FILE_TYPE_MASK = 0170000;
    private static final int SOCKET = 0140000;

    private final Path directory;
    private final NodeServices services;
    private final List<Path> mounted = new ArrayList<>();
    private final List<String> loops = new ArrayList<>();
    private final Map<String, String> blocks = new LinkedHashMap<>();

    /** @param directory the pod's own, on a file system of the node */
    Volumes(Path directory, NodeServices services) {
        this.directory = directory;
        this.services = services;
    }

    /** Makes all volumes and says where they are mounted; may be called again after a problem. */
    List<ContainerPlan.Mount> prepare(Pod pod, List<VolumeMount> mounts, @Nullable Long fsGroup)
            throws ContainerProblem, Rejection, IOException {
        Map<String, Source> sources = new LinkedHashMap<>();
        for (Volume volume : pod.getSpec().getVolumes()) {
            sources.put(volume.getName(), source(pod, volume, fsGroup));
        }
        List<ContainerPlan.Mount> planned = new ArrayList<>();
        for (VolumeMount mount : mounts) {
            Source source = sources.get(mount.getName());
            if (source == null) {
                throw new ContainerProblem(
                        "CreateContainerConfigError", "The pod has no volume " + mount.getName() + " to mount.");
            }
            Path path = mount.getSubPath() == null ? source.path : source.path.resolve(mount.getSubPath());
            planned.add(new ContainerPlan.Mount(
                    mount.getMountPath(),
                    path.toString(),
                    source.readOnly || Boolean.TRUE.equals(mount.getReadOnly())));
        }
        return planned;
    }

    private record Source(Path path, boolean readOnly) {}

    /** Block devices of the node by their paths in the container; after {@link #prepare}. */
    Map<String, String> blocks(List<VolumeDevice> wanted) throws ContainerProblem {
        Map<String, String> devices = new LinkedHashMap<>();
        for (VolumeDevice device : wanted) {
            String found = blocks.get(device.getName());
            if (found == null) {
                throw new ContainerProblem(
                        "CreateContainerConfigError",
                        "volume " + device.getName() + " has volumeMode Filesystem, but is specified in volumeDevices");
            }
            devices.put(device.getDevicePath(), found);
        }
        return devices;
    }

    private Source claim(Pod pod, Volume volume, @Nullable Long fsGroup) throws ContainerProblem, IOException {
        ClaimedVolume found =
                services.api().claimed(pod, volume.getPersistentVolumeClaim().getClaimName());
        boolean readOnly = Boolean.TRUE.equals(volume.getPersistentVolumeClaim().getReadOnly());
        if (found.block()) {
            blocks.putIfAbsent(volume.getName(), blockDevice(found.path()));
            return new Source(found.path(), readOnly);
        }
        if (!Files.isDirectory(found.path())) {
            throw new ContainerProblem(
                    "ContainerCreating",
                    "MountVolume.SetUp failed for volume \"" + volume.getName() + "\": path " + found.path()
                            + " does not exist");
        }
        if (fsGroup != null && !readOnly && found.takesGroup()) {
            Commands.run("chgrp", "-R", fsGroup.toString(), found.path().toString());
            Commands.run("chmod", "-R", "g+rwX", found.path().toString());
            Commands.run("chmod", "g+s", found.path().toString());
        }
        return new Source(found.path(), readOnly);
    }

    /** A file of the node is made a block device, as the kubelet does with local volumes. */
    private String blockDevice(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            return path.toString();
        }
        Commands.run("modprobe", "loop");
        String device = Commands.output("losetup", "--find", "--show", path.toString());
        loops.add(device);
        return device;
    }

    private Source keys(Volume volume, @Nullable Map<String, byte[]> data, boolean optional, String what)
            throws ContainerProblem, IOException {
        if (data == null && !optional) {
            throw new ContainerProblem(
                    "ContainerCreating",
                    "MountVolume.SetUp failed for volume \"" + volume.getName() + "\": " + what + " not found");
        }
        Path path = path(volume.getName());
        Files.createDirectories(path);
        for (Map.Entry<String, byte[]> key :
                Objects.requireNonNullElse(data, Map.<String, byte[]>of()).entrySet()) {
            Files.write(path.resolve(key.getKey()), key.getValue());
        }
        return new Source(path, true);
    }

    private Source source(Pod pod, Volume volume, @Nullable Long fsGroup)
            throws ContainerProblem, Rejection, IOException {
        if (volume.getEmptyDir() != null) {
            return new Source(emptyDir(volume.getName(), volume.getEmptyDir(), fsGroup), false);
        }
        if (volume.getHostPath() != null) {
            return new Source(hostPath(volume.getName(), volume.getHostPath()), false);
        }
        if (volume.getImage() != null) {
            String image = volume.getImage().getReference();
            return new Source(Path.of(services.images().require(image).root()), true);
        }
        if (volume.getProjected() != null) {
            Path path = path(volume.getName());
            ProjectedVolume.write(path, pod, volume.getProjected(), services.node(), services.api());
            return new Source(path, true);
        }
        if (volume.getPersistentVolumeClaim() != null) {
            return claim(pod, volume, fsGroup);
        }
        if (volume.getSecret() != null) {
            String name = volume.getSecret().getSecretName();
            boolean optional = Boolean.TRUE.equals(volume.getSecret().getOptional());
            return keys(volume, services.api().secret(pod, name), optional, "secret \"" + name + "\"");
        }
        if (volume.getConfigMap() != null) {
            String name = volume.getConfigMap().getName();
            boolean optional = Boolean.TRUE.equals(volume.getConfigMap().getOptional());
            return keys(volume, services.api().keys(pod, name), optional, "configmap \"" + name + "\"");
        }
        throw Rejection.unsupported("the kind of volume " + volume.getName()
                + " is; it has emptyDir, hostPath, image, projected, persistentVolumeClaim, secret and configMap");
    }

    private Path path(String name) {
        return directory.resolve("volumes").resolve(name);
    }

    private Path emptyDir(String name, EmptyDirVolumeSource volume, @Nullable Long fsGroup) throws IOException {
        Path path = path(name);
        if (Files.exists(path)) {
            return path;
        }
        Files.createDirectories(path);
        if ("Memory".equals(volume.getMedium())) {
            String size = volume.getSizeLimit() == null
                    ? ""
                    : ",size=" + volume.getSizeLimit().getNumericalAmount().longValue();
            Commands.run("mount", "-t", "tmpfs", "-o", "mode=0777" + size, "emptydir", path.toString());
            mounted.add(path);
        }
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
        if (fsGroup != null) {
            Files.setAttribute(path, "unix:gid", (int) (long) fsGroup);
            Files.setAttribute(path, "unix:mode", 02777);
        }
        return path;
    }

    private static Path hostPath(String name, HostPathVolumeSource volume) throws ContainerProblem, IOException {
        Path path = Path.of(volume.getPath());
        String type = Objects.requireNonNullElse(volume.getType(), "");
        if (type.equals("DirectoryOrCreate")) {
            Files.createDirectories(path);
        }
        boolean fits = switch (type) {
            case "" -> true;
            case "Directory", "DirectoryOrCreate" -> Files.isDirectory(path);
            case "File" -> Files.isRegularFile(path);
            case "Socket" -> isSocket(path);
            default -> Files.exists(path);
        };
        if (!fits) {
            throw new ContainerProblem(
                    "ContainerCreating",
                    "MountVolume.SetUp failed for volume \"" + name + "\": hostPath type check failed: " + path
                            + " is not a " + type);
        }
        return path;
    }

    private static boolean isSocket(Path path) throws IOException {
        return Files.exists(path) && ((Integer) Files.getAttribute(path, "unix:mode") & FILE_TYPE_MASK) == SOCKET;
    }

    /** Unmounts what was mounted; the directory itself is the caller's to remove. */
    void release() throws IOException {
        for (Path path : mounted) {
            Commands.run("umount", "-l", path.toString());
        }
        mounted.clear();
        for (String loop : loops) {
            Commands.run("losetup", "--detach", loop);
        }
        loops.clear();
        blocks.clear();
    }
}
