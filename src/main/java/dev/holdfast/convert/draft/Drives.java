package dev.holdfast.convert.draft;

import dev.holdfast.convert.tree.Part;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The disks of a draft, each with its volume, within the bounds of the schema.
 *
 * <p>Not thread-safe.
 */
public final class Drives {
    public static final Map<String, String> CACHES =
            Map.of("none", "none", "writeback", "writeback", "writethrough", "writethrough");
    public static final Map<String, String> IOS = Map.of("threads", "threads", "native", "native");

    private static final int MOST = 16;
    private static final int MOST_SATA = 6;
    private static final int LONGEST_NAME = 58;

    private final Draft draft;
    private final Notes notes;
    private final Set<String> names = new HashSet<>();
    private final Set<Object> claims = new HashSet<>();
    private final Set<Object> bootOrders = new HashSet<>();
    private boolean cloudInit;
    private int sata;

    public Drives(Draft draft, Notes notes) {
        this.draft = draft;
        this.notes = notes;
    }

    /**
     * Adds a disk and its volume.
     *
     * @param part  the disk of the input, for notes
     * @param name  wished for; changed when it is taken or not a name
     * @param drive fields of the disk besides its name, {@code disk} or {@code cdrom} among them
     * @param volume fields of the volume besides its name
     */
    public void add(Part part, String name, Map<String, Object> drive, Map<String, Object> volume) {
        if (names.size() == MOST) {
            notes.notCarriedOver(
                    part, "a PassthroughVM has at most %d disks; put several file systems on one".formatted(MOST));
            return;
        }
        if (volume.get("persistentVolumeClaim") instanceof Map<?, ?> claim
                && !claims.add(String.valueOf(claim.get("claimName")))) {
            notes.notCarriedOver(part, "another disk has the same claim; give each a claim of its own");
            return;
        }
        if (volume.containsKey("cloudInitNoCloud")) {
            if (cloudInit) {
                notes.notCarriedOver(
                        part,
                        "another disk is for cloud-init, which reads one; merge them, or make it a secret or configMap");
                return;
            }
            cloudInit = true;
        }
        String unique = unique(name);
        if (!unique.equals(name)) {
            notes.add(
                    part.path(),
                    Note.Kind.CHANGED,
                    "its name %s is now %s; nothing to do".formatted(Notes.quote(name), unique));
        }
        check(part, drive, volume);
        draft.add("spec.devices.disks", named(unique, drive));
        draft.add("spec.volumes", named(unique, volume));
    }

    /** Changes what the API server refuses. */
    private void check(Part part, Map<String, Object> drive, Map<String, Object> volume) {
        boolean onSata = drive.containsKey("cdrom");
        if (drive.get("disk") instanceof Map<?, ?> disk && "sata".equals(disk.get("bus"))) {
            boolean readOnly = Boolean.TRUE.equals(disk.get("readonly"))
                    || volume.get("persistentVolumeClaim") instanceof Map<?, ?> claim
                            && Boolean.TRUE.equals(claim.get("readOnly"));
            if (readOnly || sata == MOST_SATA) {
                notes.add(
                        part.path(),
                        Note.Kind.CHANGED,
                        (readOnly
                                        ? "a SATA disk cannot be read-only"
                                        : "there are at most %d SATA disks".formatted(MOST_SATA))
                                + ", so its bus is now virtio; the guest needs its driver");
                drive.put("disk", readOnly(disk));
            } else {
                onSata = true;
            }
        }
        if (onSata) {
            sata++;
        }
        if ("native".equals(drive.get("io")) && drive.get("cache") != null && !"none".equals(drive.get("cache"))) {
            drive.remove("io");
            notes.add(
                    part.path(), Note.Kind.NOT_CARRIED_OVER, "io native takes cache none; give that, or leave io out");
        }
        Object order = drive.get("bootOrder");
        if (order != null && !bootOrders.add(order)) {
            drive.remove("bootOrder");
            notes.add(
                    part.path(),
                    Note.Kind.NOT_CARRIED_OVER,
                    "another disk has the bootOrder %s; renumber one".formatted(order));
        }
    }

    private static Map<String, Object> readOnly(Map<?, ?> disk) {
        Map<String, Object> changed = Draft.entry("bus", "virtio");
        if (disk.get("readonly") != null) {
            changed.put("readonly", true);
        }
        return changed;
    }

    private static Map<String, Object> named(String name, Map<String, Object> fields) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("name", name);
        entry.putAll(fields);
        return entry;
    }

    private String unique(String wished) {
        String name =
                wished.length() <= LONGEST_NAME && Values.LABEL.matcher(wished).matches()
                        ? wished
                        : Values.name(wished, LONGEST_NAME, "disk");
        String candidate = name;
        for (int number = 2; !names.add(candidate); number++) {
            String suffix = "-" + number;
            candidate = name.substring(0, Math.min(name.length(), LONGEST_NAME - suffix.length())) + suffix;
        }
        return candidate;
    }
}
