package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Hard disks without a cache mode or a discard mode in the domain, for a note on the defaults.
 *
 * <p>Not thread-safe.
 */
final class DiskDefaults {
    private static final String BOTH =
            "libvirt's defaults are cache writeback and discard ignore, Holdfast's are none and unmap, for %s; set"
                    + " both to keep libvirt's";
    private static final String CACHE =
            "libvirt's default is cache writeback, Holdfast's is none, for %s; set cache to keep libvirt's";
    private static final String DISCARD =
            "libvirt's default is discard ignore, Holdfast's is unmap, for %s; set discard to keep libvirt's";

    private final Map<String, List<String>> disks = new LinkedHashMap<>();

    void add(String disk, Part driver) {
        boolean cache = isDefault(driver.attribute("cache"));
        boolean discard = isDefault(driver.attribute("discard"));
        if (cache || discard) {
            disks.computeIfAbsent(cache && discard ? BOTH : cache ? CACHE : DISCARD, text -> new ArrayList<>())
                    .add(Notes.plain(disk));
        }
    }

    /** Reports the disks, in one note for each combination of absent modes. */
    void report(String path, Notes notes) {
        disks.forEach((text, names) -> notes.differs(path, text.formatted(String.join(", ", names))));
    }

    /** Returns whether the attribute is absent or {@code default}, which are equal in libvirt. */
    static boolean isDefault(Part attribute) {
        return !attribute.present() || attribute.is("default");
    }
}
