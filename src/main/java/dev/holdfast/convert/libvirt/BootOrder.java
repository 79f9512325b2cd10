package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Boot order of the disks, from {@code <boot order>} of each disk or {@code <boot dev>} for all disks of a kind. */
final class BootOrder {
    private final Notes notes;
    private final Map<Part, Integer> orders = new HashMap<>();

    BootOrder(Notes notes) {
        this.notes = notes;
    }

    void read(Part os, List<Part> disks) {
        for (Part disk : disks) {
            new Values(notes)
                    .number(disk.child("boot").attribute("order"), 1, 64)
                    .ifPresent(order -> orders.put(disk, order));
        }
        int next = 1;
        for (Part boot : os.children("boot")) {
            Part dev = boot.attribute("dev");
            String kind = dev.peek().orElse("");
            if (!kind.equals("hd") && !kind.equals("cdrom")) {
                notes.notCarriedOver(boot, "guests boot from hard disks and CD-ROM drives only; add such a disk");
                continue;
            }
            dev.done();
            for (Part disk : disks) {
                if (isKind(disk, kind) && DiskSource.path(disk).isPresent()) {
                    orders.put(disk, next++);
                }
            }
        }
    }

    Optional<Integer> of(Part disk) {
        return Optional.ofNullable(orders.get(disk));
    }

    private static boolean isKind(Part disk, String kind) {
        String device = disk.attribute("device").peek().orElse("disk");
        return kind.equals("hd") ? device.equals("disk") : device.equals(kind);
    }
}
