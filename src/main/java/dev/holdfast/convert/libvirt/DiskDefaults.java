package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The hard disks for which a domain does not say how they are cached or what becomes of discarded blocks, for a note on
 * the defaults.
 *
 * <p>Not thread-safe.
 */
final class DiskDefaults {
    private static final String BOTH =
            "libvirt's defaults are cache writeback and discard ignore, here they are none and unmap, for %s; set both for the others";
    private static final String CACHE =
            "libvirt's default is cache writeback, here it is none, for %s; set cache for the other";
    private static final String DISCARD =
            "libvirt's default is discard ignore, here it is unmap, for %s; set discard for the other";

    private final Map<String, List<String>> disks = new LinkedHashMap<>();

    void see(String disk, Part driver) {
        boolean cache = isUnsaid(driver.attribute("cache"));
        boolean discard = isUnsaid(driver.attribute("discard"));
        if (cache || discard) {
            disks.computeIfAbsent(cache && discard ? BOTH : cache ? CACHE : DISCARD, text -> new ArrayList<>())
                    .add(Notes.plain(disk));
        }
    }

    /** One line for the disks of which the same is not said. */
    void report(String path, Notes notes) {
        disks.forEach((text, names) -> notes.differs(path, text.formatted(String.join(", ", names))));
    }

    /** It is absent or {@code default}, which libvirt takes for the same. */
    static boolean isUnsaid(Part attribute) {
        return !attribute.present() || attribute.is("default");
    }
}
