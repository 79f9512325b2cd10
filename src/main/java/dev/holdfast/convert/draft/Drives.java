package dev.holdfast.convert.draft;

import dev.holdfast.convert.tree.Part;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Disks of a draft, each with its volume, within the bounds of the schema.
 *
 * <p>Not thread-safe.
 */
public final class Drives {
    public static final Map<String, String> CACHES =
            Map.of("none", "none", "writeback", "writeback", "writethrough", "writethrough");
    public static final Map<String, String> IOS = Map.of("threads", "threads", "native", "native");

    private static final int MAX = 16;
    private static final int MAX_SATA = 6;
    private static final int MAX_NAME_LENGTH = 58;

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
     * @param part  disk in the input, for notes
     * @param name  preferred name; changed if it is invalid or already used
     * @param drive fields of the disk besides its name, including {@code disk} or {@code cdrom}
     * @param volume fields of the volume besides its name
     */
    public void add(Part part, String name, Map<String, Object> drive, Map<String, Object> volume) {
        if (names.size() == MAX) {
            notes.notCarriedOver(
                    part,
                    "a PassthroughVM can have at most %d disks; put several file systems on one disk".formatted(MAX));
            return;
        }
        if (volume.get("persistentVolumeClaim") instanceof Map<?, ?> claim
                && !claims.add(String.valueOf(claim.get("claimName")))) {
            notes.notCarriedOver(
                    part, "another disk has the same claim, but each must have its own; use another claim");
            return;
        }
        if (volume.containsKey("cloudInitNoCloud")) {
            if (cloudInit) {
                notes.notCarriedOver(
                        part,
                        "another disk is for cloud-init, which reads only one; merge them, or use a secret or"
                                + " configMap");
                return;
            }
            cloudInit = true;
        }
        String unique = unique(name);
        if (!unique.equals(name)) {
            notes.add(
                    part.path(),
                    Note.Kind.CHANGED,
                    "the name %s was replaced by %s; no action is needed".formatted(Notes.quote(name), unique));
        }
        check(part, drive, volume);
        draft.add("spec.devices.disks", named(unique, drive));
        draft.add("spec.volumes", named(unique, volume));
    }

    /** Changes fields that the API server would refuse. */
    private void check(Part part, Map<String, Object> drive, Map<String, Object> volume) {
        boolean onSata = drive.containsKey("cdrom");
        if (drive.get("disk") instanceof Map<?, ?> disk && "sata".equals(disk.get("bus"))) {
            boolean readOnly = Boolean.TRUE.equals(disk.get("readonly"))
                    || volume.get("persistentVolumeClaim") instanceof Map<?, ?> claim
                            && Boolean.TRUE.equals(claim.get("readOnly"));
            if (readOnly || sata == MAX_SATA) {
                notes.add(
                        part.path(),
                        Note.Kind.CHANGED,
                        (readOnly
                                        ? "a SATA disk cannot be read-only"
                                        : "there can be at most %d SATA disks".formatted(MAX_SATA))
                                + ", so the bus was replaced by virtio; the guest needs a virtio driver");
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
                    part.path(),
                    Note.Kind.NOT_CARRIED_OVER,
                    "io native requires cache none; set cache none, or remove io");
        }
        Object order = drive.get("bootOrder");
        if (order != null && !bootOrders.add(order)) {
            drive.remove("bootOrder");
            notes.add(
                    part.path(),
                    Note.Kind.NOT_CARRIED_OVER,
                    "another disk has the bootOrder %s; change one of them".formatted(order));
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

    private String unique(String preferred) {
        String name = preferred.length() <= MAX_NAME_LENGTH
                        && Values.LABEL.matcher(preferred).matches()
                ? preferred
                : Values.name(preferred, MAX_NAME_LENGTH, "disk");
        String candidate = name;
        for (int number = 2; !names.add(candidate); number++) {
            String suffix = "-" + number;
            candidate = name.substring(0, Math.min(name.length(), MAX_NAME_LENGTH - suffix.length())) + suffix;
        }
        return candidate;
    }
}
