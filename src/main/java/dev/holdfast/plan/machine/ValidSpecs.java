package dev.holdfast.plan.machine;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Specs that were found valid, by hash. Rules take about a millisecond to evaluate and a VM is reconciled far more often
 * than its spec changes. Thread-safe.
 */
final class ValidSpecs {
    /** Some 100 bytes each; the one that was longest not asked for goes first. */
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
        // Reading alone would leave the entry where it is.
        return hashes.contains(hash) && !hashes.add(hash);
    }

    void add(String hash) {
        hashes.add(hash);
    }
}
