package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Drives;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reader of disks and volumes. A volume without a disk gets one, as in KubeVirt. */
final class DiskReader {
    /** Buses of KubeVirt, and their replacements, for which a guest needs no further drivers. */
    private static final Map<String, String> BUSES =
            Map.of("virtio", "virtio", "sata", "sata", "nvme", "nvme", "scsi", "virtio", "usb", "sata");

    private final Part disks;
    private final Part volumes;
    private final Drives drives;
    private final VolumeReader reader;
    private final Notes notes;
    private final Values values;

    DiskReader(Part spec, Draft draft, Notes notes) {
        this.disks = spec.field("domain").field("devices").field("disks");
        this.volumes = spec.field("volumes");
        this.drives = new Drives(draft, notes);
        this.reader = new VolumeReader(draft, notes);
        this.notes = notes;
        this.values = new Values(notes);
    }

    void read() {
        Map<String, Part> byName = new LinkedHashMap<>();
        for (Part volume : volumes.items()) {
            volume.field("name").peek().ifPresent(name -> byName.putIfAbsent(name, volume));
        }
        for (Part disk : disks.items()) {
            String name = disk.field("name").peek().orElse("");
            Part volume = byName.remove(name);
            if (volume == null) {
                notes.notCarriedOver(disk, "no volume has the name of the disk; add one to volumes");
            } else {
                disk(disk, name, volume);
            }
        }
        byName.forEach((name, volume) -> {
            Map<String, Object> drive = Draft.entry("disk", Draft.entry("bus", "sata"));
            reader.read(volume).ifPresent(content -> drives.add(volume, name, drive, content));
        });
    }

    private void disk(Part disk, String name, Part volume) {
        for (String kind : new String[] {"lun", "floppy"}) {
            if (disk.field(kind).present()) {
                notes.notCarriedOver(disk, "only hard disks and CD-ROM drives are supported; use disk or cdrom");
                notes.notCarriedOver(volume, "the disk of the volume is not carried over; add both manually");
                return;
            }
        }
        Optional<Map<String, Object>> content = reader.read(volume);
        if (content.isEmpty()) {
            notes.notCarriedOver(disk, "the volume of the disk is not carried over; add both manually");
            return;
        }
        disk.field("name").done();
        volume.field("name").done();
        Map<String, Object> drive = new LinkedHashMap<>();
        if (disk.field("cdrom").present()) {
            cdrom(disk.field("cdrom"), drive);
        } else {
            hardDisk(disk.field("disk"), drive);
        }
        values.number(disk.field("bootOrder"), 1, 64).ifPresent(order -> drive.put("bootOrder", order));
        values.text(disk.field("serial"), Values.SERIAL, "1 to 20 letters, digits, '_', '.' or '-'")
                .ifPresent(serial -> drive.put("serial", serial));
        values.choice(disk.field("cache"), Drives.CACHES, "use none, writeback or writethrough")
                .ifPresent(cache -> drive.put("cache", cache));
        values.choice(disk.field("io"), Drives.IOS, "use threads or native").ifPresent(io -> drive.put("io", io));
        disk.field("shareable").is("false");
        disk.field("dedicatedIOThread").is("false");
        drives.add(disk, name, drive, content.get());
    }

    private void cdrom(Part cdrom, Map<String, Object> drive) {
        Part bus = cdrom.field("bus");
        if (!bus.is("sata") && bus.present()) {
            notes.changed(bus, "a CD-ROM drive is on the SATA controller; no action is needed");
        }
        cdrom.field("readonly").is("true");
        cdrom.field("tray").is("closed");
        drive.put("cdrom", Draft.entry("bus", "sata"));
    }

    private void hardDisk(Part hardDisk, Map<String, Object> drive) {
        Part bus = hardDisk.field("bus");
        String given = bus.text().orElse("sata");
        String made = BUSES.getOrDefault(given, "virtio");
        if (!made.equals(given)) {
            notes.changed(
                    bus,
                    "%s was replaced by %s, so the disk has another name in the guest; mount by UUID or label"
                            .formatted(Notes.quote(given), made));
        }
        Map<String, Object> disk = Draft.entry("bus", made);
        values.bool(hardDisk.field("readonly"))
                .filter(readonly -> readonly)
                .ifPresent(readonly -> disk.put("readonly", true));
        drive.put("disk", disk);
    }
}
