package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.text.LogKeys;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSliceSpec;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Store of ResourceSlices with a maximum number of devices of other drivers. Beyond it, a slice is kept without its devices,
 * so that what another driver publishes cannot exhaust the operator's memory. Thread-safe.
 */
final class SliceStore implements ItemStore<ResourceSlice> {
    /** Eight devices on each of 4,000 nodes. */
    static final int MAX_FOREIGN_DEVICES = 32_000;

    private static final Logger log = LoggerFactory.getLogger(SliceStore.class);

    private final ItemStore<ResourceSlice> store;
    /** Kept devices of other drivers, by the slice's key. */
    private final Map<String, Integer> foreign = new HashMap<>();

    private int total;
    private boolean reported;

    SliceStore(ItemStore<ResourceSlice> store) {
        this.store = store;
    }

    @Override
    public synchronized @Nullable ResourceSlice put(String key, ResourceSlice slice) {
        forget(key);
        ResourceSliceSpec spec = slice.getSpec();
        // A slice that cannot be decoded has none.
        if (spec != null && !Names.DRA_DRIVER.equals(spec.getDriver())) {
            int devices = spec.getDevices().size();
            if (total + devices > MAX_FOREIGN_DEVICES) {
                spec.setDevices(List.of());
                report(slice);
            } else {
                foreign.put(key, devices);
                total += devices;
            }
        }
        return store.put(key, slice);
    }

    @Override
    public synchronized @Nullable ResourceSlice remove(String key) {
        forget(key);
        return store.remove(key);
    }

    private void forget(String key) {
        Integer devices = foreign.remove(key);
        total -= devices == null ? 0 : devices;
    }

    /** Logs the first slice that exceeds the maximum. */
    private void report(ResourceSlice slice) {
        if (!reported) {
            reported = true;
            log.atWarn()
                    .addKeyValue(LogKeys.NAME, slice.getMetadata().getName())
                    .addKeyValue("driver", slice.getSpec().getDriver())
                    .addKeyValue("max", MAX_FOREIGN_DEVICES)
                    .log(
                            "other drivers publish more devices than are kept; those of this and further ResourceSlices are"
                                    + " missing in messages about claims");
        }
    }

    @Override
    public String getKey(ResourceSlice slice) {
        return store.getKey(slice);
    }

    @Override
    public Stream<String> keySet() {
        return store.keySet();
    }

    @Override
    public Stream<ResourceSlice> values() {
        return store.values();
    }

    @Override
    public int size() {
        return store.size();
    }

    @Override
    public @Nullable ResourceSlice get(String key) {
        return store.get(key);
    }

    @Override
    public boolean isFullState() {
        return store.isFullState();
    }
}
