package dev.holdfast.testbed.kubelet.container;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Additions of devices to a container, from CDI specs or from Allocate itself. */
public record ContainerEdits(Map<String, String> env, List<DeviceNode> deviceNodes, List<Mount> mounts) {
    public static final ContainerEdits NONE = new ContainerEdits(Map.of(), List.of(), List.of());

    /**
     * A device of the node in the container. What is null stays as it is on the node.
     *
     * @param permissions any of r, w and m
     * @param fileMode    permission bits
     */
    public record DeviceNode(
            String path,
            String hostPath,
            String permissions,
            @Nullable Integer uid,
            @Nullable Integer gid,
            @Nullable Integer fileMode) {}

    public record Mount(String containerPath, String hostPath, boolean readOnly) {}

    /** Both, this one first. */
    public ContainerEdits and(ContainerEdits more) {
        Map<String, String> bothEnv = new TreeMap<>(env);
        bothEnv.putAll(more.env);
        List<DeviceNode> bothNodes = new ArrayList<>(deviceNodes);
        // Two devices of one spec bring the same shared node, /dev/vfio/vfio for one, twice.
        more.deviceNodes.stream()
                .filter(node ->
                        deviceNodes.stream().noneMatch(known -> known.path().equals(node.path())))
                .forEach(bothNodes::add);
        List<Mount> bothMounts = new ArrayList<>(mounts);
        more.mounts.stream()
                .filter(mount ->
                        mounts.stream().noneMatch(known -> known.containerPath().equals(mount.containerPath())))
                .forEach(bothMounts::add);
        return new ContainerEdits(bothEnv, bothNodes, bothMounts);
    }
}
