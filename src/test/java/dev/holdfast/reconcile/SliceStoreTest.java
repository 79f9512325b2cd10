package dev.holdfast.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Names;
import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSliceBuilder;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SliceStoreTest {
    private static final int FULL = 128;
    private static final int SLICES = SliceStore.MAX_FOREIGN_DEVICES / FULL;

    private final SliceStore store = new SliceStore(TrimmedItemStore.ofDynamicResources());

    @Test
    void keepsOtherDriversDevicesUpToAMaximum() {
        IntStream.range(0, 2 * SLICES).forEach(i -> store.put("s" + i, slice("gpu.example.com")));

        assertThat(store.size()).isEqualTo(2 * SLICES);
        assertThat(store.values()
                        .mapToInt(slice -> slice.getSpec().getDevices().size())
                        .sum())
                .isEqualTo(SliceStore.MAX_FOREIGN_DEVICES);
    }

    @Test
    void keepsAllDevicesOfHoldfast() {
        IntStream.range(0, SLICES).forEach(i -> store.put("s" + i, slice("gpu.example.com")));
        IntStream.range(0, SLICES + 1).forEach(i -> store.put("own" + i, slice(Names.DRA_DRIVER)));

        assertThat(devices("own" + SLICES)).isEqualTo(FULL);
    }

    @Test
    void countsASliceThatChangesOnceAndOneThatIsGoneNoLonger() {
        IntStream.range(0, SLICES).forEach(i -> store.put("s" + i, slice("gpu.example.com")));
        store.put("s0", slice("gpu.example.com"));
        assertThat(devices("s0")).isEqualTo(FULL);

        store.put("late", slice("gpu.example.com"));
        assertThat(devices("late")).isZero();
        store.remove("s1");
        store.put("late", slice("gpu.example.com"));
        assertThat(devices("late")).isEqualTo(FULL);
    }

    @Test
    void keepsASliceThatCannotBeDecoded() {
        store.put("s0", slice("gpu.example.com"));
        ResourceSlice undecodable = slice("gpu.example.com");
        undecodable.setSpec(null);

        store.put("s0", undecodable);

        assertThat(store.values())
                .singleElement()
                .extracting(ResourceSlice::getSpec)
                .isNull();
    }

    private int devices(String key) {
        return Objects.requireNonNull(store.get(key)).getSpec().getDevices().size();
    }

    private static ResourceSlice slice(String driver) {
        return new ResourceSliceBuilder()
                .withNewMetadata()
                .withName("slice")
                .endMetadata()
                .withNewSpec()
                .withDriver(driver)
                .withDevices(
                        IntStream.range(0, FULL).mapToObj(i -> new Device()).toList())
                .endSpec()
                .build();
    }
}
