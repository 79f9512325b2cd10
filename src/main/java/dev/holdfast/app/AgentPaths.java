package dev.holdfast.app;

import dev.holdfast.api.Names;
import dev.holdfast.grant.GrantSocket;
import dev.holdfast.host.pci.PciIds;
import dev.holdfast.host.process.CgroupTree;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Paths of the node in the agent's container, which may differ from those on the node. */
final class AgentPaths {
    @Option(
            names = "--sysfs",
            paramLabel = "DIR",
            defaultValue = "/sys",
            description = "Directory of sysfs. Default: ${DEFAULT-VALUE}.")
    Path sysfs = Path.of("/sys");

    @Option(
            names = "--pci-ids",
            paramLabel = "FILE",
            description =
                    "Names of devices. Default: /usr/share/misc/pci.ids or /usr/share/hwdata/pci.ids, if present.")
    @Nullable
    Path pciIds;

    @Option(
            names = "--procfs",
            paramLabel = "DIR",
            defaultValue = "/proc",
            description = "Directory of the node's procfs. Default: ${DEFAULT-VALUE}.")
    Path procfs = Path.of("/proc");

    @Option(
            names = "--cgroups",
            paramLabel = "DIR",
            defaultValue = "/sys/fs/cgroup",
            description = "Directory of the node's cgroup tree, from its root. Default: ${DEFAULT-VALUE}.")
    Path cgroups = Path.of("/sys/fs/cgroup");

    @Option(
            names = "--kubepods",
            paramLabel = "DIR",
            description =
                    "The directory of all pods in the cgroup tree, such as DIR/kubelet.slice/kubelet-kubepods.slice"
                            + " for a kubelet with --cgroup-root=/kubelet. Default: searched below --cgroups.")
    @Nullable
    Path kubepods;

    @Option(
            names = "--device-plugins",
            paramLabel = "DIR",
            defaultValue = "/var/lib/kubelet/device-plugins",
            description = "The kubelet's directory for device plugins. Default: ${DEFAULT-VALUE}.")
    Path devicePlugins = Path.of("/var/lib/kubelet/device-plugins");

    @Option(
            names = "--plugins-registry",
            paramLabel = "DIR",
            defaultValue = "/var/lib/kubelet/plugins_registry",
            description = "The kubelet's directory in which it looks for plugins that register, such as DRA drivers."
                    + " Default: ${DEFAULT-VALUE}.")
    Path pluginsRegistry = Path.of("/var/lib/kubelet/plugins_registry");

    @Option(
            names = "--plugin-directory",
            paramLabel = "DIR",
            defaultValue = "/var/lib/kubelet/plugins/" + Names.DRA_DRIVER,
            description =
                    "Directory of the DRA driver's socket and of its record of prepared claims, with the same path"
                            + " as on the node. Default: ${DEFAULT-VALUE}.")
    Path pluginDirectory = Path.of("/var/lib/kubelet/plugins/" + Names.DRA_DRIVER);

    @Option(
            names = "--pod-resources",
            paramLabel = "SOCKET",
            defaultValue = "/var/lib/kubelet/pod-resources/kubelet.sock",
            description = "The kubelet's pod resources socket. Default: ${DEFAULT-VALUE}.")
    Path podResources = Path.of("/var/lib/kubelet/pod-resources/kubelet.sock");

    @Option(
            names = "--cdi",
            paramLabel = "DIR",
            defaultValue = "/var/run/cdi",
            description = "Directory in which the container runtime looks for CDI specs. Default: ${DEFAULT-VALUE}.")
    Path cdi = Path.of("/var/run/cdi");

    @Option(
            names = "--grant-directory",
            paramLabel = "DIR",
            defaultValue = GrantSocket.DIRECTORY,
            description =
                    "Directory of the grant socket, with the same path as on the node. Default: ${DEFAULT-VALUE}.")
    Path grantDirectory = Path.of(GrantSocket.DIRECTORY);

    @Option(
            names = "--state-directory",
            paramLabel = "DIR",
            defaultValue = "/run/holdfast/bindings",
            description =
                    "Directory for records of the former drivers of bound devices; below /run, because a reboot undoes"
                            + " bindings. Default: ${DEFAULT-VALUE}.")
    Path stateDirectory = Path.of("/run/holdfast/bindings");

    CgroupTree cgroupTree() {
        return kubepods == null ? new CgroupTree(cgroups) : new CgroupTree(cgroups, kubepods);
    }

    PciIds pciIds() {
        return pciIds == null ? PciIds.usual() : PciIds.at(pciIds);
    }
}
