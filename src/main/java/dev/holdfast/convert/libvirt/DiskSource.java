package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.tree.Part;
import java.util.Optional;

/** Where the content of a disk is on the host. */
final class DiskSource {
    private DiskSource() {}

    /** Its path, or the name of the volume: what a claim can be called after. */
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

    /** Why a disk without a path is not carried over. */
    static String reason(Part disk) {
        String type = disk.attribute("type").peek().orElse("file");
        return switch (type) {
            case "nvme" ->
                "QEMU cannot drive an NVMe controller of the host here, so the limit lacks a map of the guest's memory; make a PassthroughDeviceClass for the controller and add it to devices.hostDevices";
            case "vhostvdpa", "vhostuser" ->
                "such disks are not supported, and one by vDPA has a map of the guest's memory in the limit; copy it into a claim";
            case "file", "block", "network", "volume" ->
                "there is nothing in the drive, and media are not changed while the VM runs; add a disk when it is needed";
            default -> "a disk of a directory is not supported; copy the files onto a disk";
        };
    }
}
