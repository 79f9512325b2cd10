package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.tree.Part;
import java.util.Optional;

/** Location of a disk's contents on the host. */
final class DiskSource {
    private DiskSource() {}

    /** Returns its path or the name of its volume, from which the name of the claim is derived. */
    static Optional<String> path(Part disk) {
        String type = disk.attribute("type").text().orElse("file");
        Part source = disk.child("source");
        Optional<String> path = switch (type) {
            case "file" -> source.attribute("file").peek();
            case "block" -> source.attribute("dev").peek();
            case "network" -> source.attribute("name").peek();
            case "volume" -> source.attribute("volume").peek();
            default -> Optional.empty();
        };
        return path.filter(text -> !text.isBlank());
    }

    /** Returns the reason why a disk without a path is not carried over. */
    static String reason(Part disk) {
        String type = disk.attribute("type").peek().orElse("file");
        return switch (type) {
            case "nvme" ->
                "QEMU cannot access an NVMe controller of the host directly, so the limit does not include a map of"
                        + " the guest's memory; create a PassthroughDeviceClass for the controller and add it to"
                        + " devices.hostDevices";
            case "vhostvdpa", "vhostuser" ->
                "such disks are not supported, so the limit does not include the map of the guest's memory for a vDPA"
                        + " disk; copy the disk into a claim";
            case "file", "block", "network", "volume" ->
                "the drive is empty, and media cannot be changed while the VM runs; add a disk when it is needed";
            default -> "a directory as a disk is not supported; copy the files to a disk";
        };
    }
}
