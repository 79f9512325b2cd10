package dev.holdfast.testbed.kubelet.container;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a container is, decided: what OciConfig only has to write down.
 *
 * @param rootfs      a directory that is the container's alone
 * @param cgroup      below the cgroup root, cgroupfs style
 * @param memoryBytes memory.max; null for none
 * @param cpuShares   cgroup v1 shares, which runc converts; null for none
 * @param cpuQuota    microseconds per 100 ms; null for none
 * @param network     a network namespace by path; null for the node's
 * @param sysctls     of the container's own namespaces
 */
public record ContainerPlan(
        String rootfs,
        Security security,
        List<String> arguments,
        Map<String, String> environment,
        String workingDirectory,
        boolean terminal,
        boolean hostPid,
        String hostname,
        List<Mount> mounts,
        List<Device> devices,
        String cgroup,
        @Nullable Long memoryBytes,
        @Nullable Long cpuShares,
        @Nullable Long cpuQuota,
        @Nullable String network,
        Map<String, String> sysctls) {

    /** A bind mount. */
    public record Mount(String destination, String source, boolean readOnly) {}

    /** A device node to make in the container's /dev, and access to it. */
    public record Device(String path, HostDevice node, String permissions) {}
}
