package dev.holdfast.bench.scale;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Which pod of each VM holds devices, over all nodes. A VM of which two pods do so at a time would have two QEMUs. Thread-safe. */
final class Holdings {
    private final Map<String, String> podsByVm = new ConcurrentHashMap<>();
    private final AtomicInteger doubles = new AtomicInteger();

    void take(String vmUid, String podUid) {
        String other = podsByVm.put(vmUid, podUid);
        if (other != null && !other.equals(podUid)) {
            doubles.incrementAndGet();
        }
    }

    void release(String vmUid, String podUid) {
        podsByVm.remove(vmUid, podUid);
    }

    int doubles() {
        return doubles.get();
    }
}
