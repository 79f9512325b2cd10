package dev.holdfast.plan.machine;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Hashes of specs that were found valid. Evaluating the rules takes about a millisecond, and a VM is reconciled far more
 * often than its spec changes. Thread-safe.
 */
final class ValidSpecs {
    /** About 100 bytes each; the least recently used one is dropped first. */
    private static final int MAX_SPECS = 10_000;

    private final Set<String> hashes =
            Collections.newSetFromMap(Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                    return size() > MAX_SPECS;
                }
            }));

    boolean contains(String hash) {
        // Only adding marks the entry as recently used.
        return hashes.contains(hash) && !hashes.add(hash);
    }

    void add(String hash) {
        hashes.add(hash);
    }
}
