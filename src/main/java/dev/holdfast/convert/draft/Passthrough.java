package dev.holdfast.convert.draft;

import dev.holdfast.api.Names;
import dev.holdfast.convert.tree.Part;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Devices that a draft passes through, with unique names and a class for each.
 *
 * <p>Not thread-safe.
 */
public final class Passthrough {
    private static final int MAX = 32;
    private static final int MAX_NAME_LENGTH = 63;

    private final Draft draft;
    private final Notes notes;
    private final DeviceClasses classes;
    private final Set<String> names = new HashSet<>();

    public Passthrough(Draft draft, Notes notes, DeviceClasses classes) {
        this.draft = draft;
        this.notes = notes;
        this.classes = classes;
    }

    /** List of devices in the spec; GPUs have additional fields. */
    public enum Group {
        GPUS("gpus"),
        HOST_DEVICES("hostDevices");

        private final String field;

        Group(String field) {
            this.field = field;
        }
    }

    /** Returns the number of devices so far. */
    public int count() {
        return draft.size("spec.devices.gpus") + draft.size("spec.devices.hostDevices");
    }

    /**
     * Adds a device.
     *
     * @param part  part for a note about the class
     * @param name  preferred name; changed if it is invalid or already used
     * @param keys  keys for which the user may have set a class; the note contains the first
     * @param more  additional fields of a GPU
     * @return name of the device; empty if the list is full
     */
    public Optional<String> add(Part part, Group list, String name, List<String> keys, Map<String, Object> more) {
        if (isFull(part, list)) {
            return Optional.empty();
        }
        Map<String, Object> fields = Draft.entry("deviceName", resource(part, keys));
        fields.putAll(more);
        return Optional.of(put(list, name, fields));
    }

    /**
     * Adds a device that a claim allocates.
     *
     * @param part   part for a note about the list
     * @param name   preferred name; changed if it is invalid or already used
     * @param source the claim, and the request in it
     * @return name of the device; empty if the list is full
     */
    public Optional<String> add(Part part, Group list, String name, Map<String, Object> source) {
        return isFull(part, list) ? Optional.empty() : Optional.of(put(list, name, source));
    }

    private boolean isFull(Part part, Group list) {
        boolean full = draft.size("spec.devices." + list.field) == MAX;
        if (full) {
            notes.notCarriedOver(
                    part,
                    "a PassthroughVM can have at most %d %s; distribute the devices over several VMs"
                            .formatted(MAX, list.field));
        }
        return full;
    }

    private String put(Group list, String name, Map<String, Object> fields) {
        String unique = unique(Values.name(name, MAX_NAME_LENGTH, "device"));
        Map<String, Object> entry = Draft.entry("name", unique);
        entry.putAll(fields);
        draft.add("spec.devices." + list.field, entry);
        return unique;
    }

    private Object resource(Part part, List<String> keys) {
        String first = keys.getFirst();
        if (first.startsWith(Names.RESOURCE_PREFIX)
                && Values.LABEL
                        .matcher(first.substring(Names.RESOURCE_PREFIX.length()))
                        .matches()) {
            return first;
        }
        return classes.resource(keys).map(Object.class::cast).orElseGet(() -> placeholder(part, first));
    }

    private Object placeholder(Part part, String key) {
        boolean address = DeviceClasses.isAddress(key);
        String name = Values.name(
                (address ? "pci-" : "") + key.substring(key.lastIndexOf('/') + 1), MAX_NAME_LENGTH, "device");
        notes.changed(
                part,
                "no class is set for %s, so %s is a placeholder; create a PassthroughDeviceClass with that name%s, or set --device-class %s=CLASS"
                        .formatted(
                                key,
                                Names.resourceOf(name),
                                address ? " with the vendorID and deviceID that `lspci -nn` shows" : "",
                                key));
        return Draft.commented(Names.resourceOf(name), "placeholder: no class is set for " + key);
    }

    private String unique(String name) {
        String candidate = name;
        for (int number = 2; !names.add(candidate); number++) {
            String suffix = "-" + number;
            candidate = name.substring(0, Math.min(name.length(), MAX_NAME_LENGTH - suffix.length())) + suffix;
        }
        return candidate;
    }
}
