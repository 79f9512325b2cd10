package dev.holdfast.agent.plugin;

import dev.holdfast.api.Names;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.pci.GroupId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;

/**
 * Directory of CDI specifications, with Holdfast's files for device plugins: one for the devices of classes, one for what a
 * pod gets with the grant resource.
 *
 * <p>A runtime may get device names from other sources than the kubelet: NVIDIA's takes CDI names from an environment
 * variable of any container. So names end in 128 random bits, which only the kubelet is given and only root can read.
 * The next agent keeps them, since the kubelet keeps its answers for containers that are still to start; a reboot
 * creates new ones.
 */
public final class CdiDirectory {
    private final CdiFile groupFile;
    private final CdiFile grantFile;

    /**
     * Creates the directory object; nothing is written yet. The names of existing files are kept.
     *
     * @param directory usually /var/run/cdi; created when missing
     */
    public CdiDirectory(Path directory) {
        groupFile = new CdiFile(directory.resolve("holdfast.dev-vfio.json"));
        grantFile = new CdiFile(directory.resolve("holdfast.dev-grant.json"));
    }

    /** Returns the CDI name of a group for the answer to Allocate. Thread-safe. */
    public String qualified(GroupId groupId) {
        return CdiSpec.KIND + "=" + groupFile.name(groupId);
    }

    /** Returns the CDI name of what a pod gets with the grant resource. Thread-safe. */
    public String qualifiedGrant() {
        return CdiSpec.GRANT_KIND + "=" + grantFile.name(Names.GRANT);
    }

    /**
     * Writes the file of the groups atomically, if it changes.
     *
     * @param groups viable groups; without any the file is removed, since a specification without devices is invalid
     * @param kvm    whether the node has /dev/kvm
     */
    public void write(Collection<DeviceGroup> groups, boolean kvm) throws IOException {
        if (groups.isEmpty()) {
            groupFile.delete();
            return;
        }
        groupFile.write(CdiSpec.of(groups, kvm, groupFile::name));
    }

    /**
     * Writes the file of the grant resource atomically, if it changes.
     *
     * @param kvm whether the node has /dev/kvm
     */
    public void writeGrant(boolean kvm) throws IOException {
        grantFile.write(CdiSpec.ofGrant(grantFile.name(Names.GRANT), kvm));
    }
}
