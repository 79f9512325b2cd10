package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.ClaimNames;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Drives;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reader of disks: a file, block device or network disk of a host is replaced by a claim. */
final class DiskReader {
    private static final Map<String, String> BUSES =
            Map.of("virtio", "virtio", "sata", "sata", "nvme", "nvme", "ide", "sata", "scsi", "virtio", "usb", "sata");
    private static final Map<String, String> FORMATS = Map.of("raw", "raw", "qcow2", "qcow2");
    private static final Map<String, String> DISCARDS = Map.of("unmap", "unmap", "ignore", "ignore");

    private final Part domain;
    private final List<Part> disks;
    private final Drives drives;
    private final BootOrder boot;
    private final Notes notes;
    private final Values values;
    private final ClaimNames claims = new ClaimNames();
    private final DiskDefaults defaults = new DiskDefaults();

    DiskReader(Part domain, Draft draft, Notes notes) {
        this.domain = domain;
        this.disks = domain.child("devices").children("disk");
        this.drives = new Drives(draft, notes);
        this.boot = new BootOrder(notes);
        this.notes = notes;
        this.values = new Values(notes);
    }

    void read() {
        boot.read(domain.child("os"), disks);
        for (Part disk : disks) {
            disk(disk);
        }
        defaults.report(domain.child("devices").path() + "/disk", notes);
    }

    private void disk(Part disk) {
        String device = disk.attribute("device").text().orElse("disk");
        if (!device.equals("disk") && !device.equals("cdrom")) {
            notes.notCarriedOver(disk, "only hard disks and CD-ROM drives are supported; use one of them");
            return;
        }
        Optional<String> source = DiskSource.path(disk);
        if (source.isEmpty()) {
            notes.notCarriedOver(disk, DiskSource.reason(disk));
            return;
        }
        Part target = disk.child("target");
        String name = target.attribute("dev").text().orElse("disk");
        Map<String, Object> drive = new LinkedHashMap<>();
        Part bus = target.attribute("bus");
        if (device.equals("cdrom")) {
            if (!bus.is("sata") && bus.present()) {
                notes.changed(bus, "a CD-ROM drive is on the SATA controller; no action is needed");
            }
            disk.child("readonly").given();
            target.attribute("tray").is("closed");
            drive.put("cdrom", Draft.entry("bus", "sata"));
        } else {
            drive.put("disk", hardDisk(disk, bus));
            defaults.add(name, disk.child("driver"));
        }
        boot.of(disk).ifPresent(order -> drive.put("bootOrder", order));
        values.text(disk.child("serial"), Values.SERIAL, "1 to 20 letters, digits, '_', '.' or '-'")
                .ifPresent(serial -> drive.put("serial", serial));
        Map<String, Object> claim = claim(disk, source.get());
        driver(disk.child("driver"), drive, claim);
        drives.add(disk, name, drive, Draft.entry("persistentVolumeClaim", claim));
    }

    private Map<String, Object> hardDisk(Part disk, Part bus) {
        String given = bus.text().orElse("virtio");
        String made = BUSES.getOrDefault(given, "virtio");
        if (!made.equals(given)) {
            notes.changed(
                    bus,
                    "%s was replaced by %s, so the disk has another name in the guest; mount by UUID or label"
                            .formatted(Notes.quote(given), made));
        }
        Map<String, Object> fields = Draft.entry("bus", made);
        if (disk.child("readonly").given()) {
            fields.put("readonly", true);
        }
        return fields;
    }

    private Map<String, Object> claim(Part disk, String source) {
        String claim = claims.of(source);
        notes.changed(
                disk.child("source"),
                "%s was replaced by the claim %s; create that claim and copy the disk into it, as disk.img in its file system or onto its block device"
                        .formatted(Notes.quote(source), claim));
        Part backing = disk.child("backingStore");
        if (!backing.items().isEmpty() || backing.attribute("type").present()) {
            notes.notCarriedOver(
                    backing,
                    "an image in a claim cannot have a backing file; copy the disk by `qemu-img convert`, which"
                            + " merges both");
        }
        return Draft.entry("claimName", claim);
    }

    private void driver(Part driver, Map<String, Object> drive, Map<String, Object> claim) {
        driver.attribute("name").is("qemu");
        values.choice(driver.attribute("type"), FORMATS, "convert the image to raw or qcow2 when it is copied")
                .filter(format -> format.equals("qcow2"))
                .ifPresent(format -> claim.put("format", format));
        choice(driver.attribute("cache"), Drives.CACHES, "use none, writeback or writethrough")
                .ifPresent(cache -> drive.put("cache", cache));
        choice(driver.attribute("io"), Drives.IOS, "use threads or native").ifPresent(io -> drive.put("io", io));
        choice(driver.attribute("discard"), DISCARDS, "use unmap or ignore")
                .ifPresent(discard -> drive.put("discard", discard));
    }

    private Optional<String> choice(Part attribute, Map<String, String> known, String instead) {
        return DiskDefaults.isDefault(attribute) ? Optional.empty() : values.choice(attribute, known, instead);
    }
}
