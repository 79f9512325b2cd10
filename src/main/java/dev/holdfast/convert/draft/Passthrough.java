package dev.holdfast.convert.draft;

import dev.holdfast.api.Names;
import dev.holdfast.convert.tree.Part;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The devices that a draft passes through: names that are unique, and a class for each.
 *
 * <p>Not thread-safe.
 */
public final class Passthrough {
    private static final int MOST = 32;
    private static final int LONGEST_NAME = 63;

    private final Draft draft;
    private final Notes notes;
    private final DeviceClasses classes;
    private final Set<String> names = new HashSet<>();

    public Passthrough(Draft draft, Notes notes, DeviceClasses classes) {
        this.draft = draft;
        this.notes = notes;
        this.classes = classes;
    }

    /** Which of the two lists; a GPU has a few fields more. */
    public enum Group {
        GPUS("gpus"),
        HOST_DEVICES("hostDevices");

        private final String field;

        Group(String field) {
            this.field = field;
        }
    }

    /** The devices so far. */
    public int count() {
        return draft.size("spec.devices.gpus") + draft.size("spec.devices.hostDevices");
    }

    /**
     * Adds a device.
     *
     * @param part  what a note about its class is about
     * @param name  wished for; changed when it is taken or not a name
     * @param keys  what the user may have given a class for, the first as the note says it
     * @param more  further fields of a GPU
     * @return its name; empty when the list is full
     */
    public Optional<String> add(Part part, Group list, String name, List<String> keys, Map<String, Object> more) {
        if (draft.size("spec.devices." + list.field) == MOST) {
            notes.notCarriedOver(
                    part,
                    "a PassthroughVM has at most %d %s; divide the devices among several VMs"
                            .formatted(MOST, list.field));
            return Optional.empty();
        }
        String unique = unique(Values.name(name, LONGEST_NAME, "device"));
        Map<String, Object> entry = Draft.entry("name", unique, "deviceName", resource(part, keys));
        entry.putAll(more);
        draft.add("spec.devices." + list.field, entry);
        return Optional.of(unique);
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
        String name =
                Values.name((address ? "pci-" : "") + key.substring(key.lastIndexOf('/') + 1), LONGEST_NAME, "device");
        notes.changed(
                part,
                "no class was given for %s, so %s is a placeholder; make a PassthroughDeviceClass of that name%s, or give --device-class %s=CLASS"
                        .formatted(
                                key,
                                Names.resourceOf(name),
                                address ? " with the vendorID and deviceID that `lspci -nn` shows" : "",
                                key));
        return Draft.commented(Names.resourceOf(name), "a placeholder: no class was given for " + key);
    }

    private String unique(String name) {
        String candidate = name;
        for (int number = 2; !names.add(candidate); number++) {
            String suffix = "-" + number;
            candidate = name.substring(0, Math.min(name.length(), LONGEST_NAME - suffix.length())) + suffix;
        }
        return candidate;
    }
}
