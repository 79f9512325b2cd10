package dev.holdfast.agent.slice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.CaseCount;
import dev.holdfast.agent.slice.PublishedSlice.Pool;
import dev.holdfast.agent.slice.SliceDevice.Attribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SlicePlanTest {
    private static final int ROUNDS = CaseCount.of(300, 3000);

    private final SliceStore store = new SliceStore();

    @Test
    void publishesInTheFirstGeneration() {
        store.publish(devices(0, 3));

        assertThat(store.slices).singleElement().satisfies(slice -> {
            assertThat(slice.pool()).isEqualTo(new Pool("n1", 1, 1));
            assertThat(slice.devices()).isEqualTo(devices(0, 3));
        });
    }

    @Test
    void writesNothingWhileNothingChanges() {
        store.publish(devices(0, 200));

        assertThat(store.publish(devices(0, 200))).isEmpty();
    }

    @Test
    void writesOneSliceForANewAttributeInTheSameGeneration() {
        store.publish(devices(0, 200));
        List<SliceDevice> changed = new ArrayList<>(devices(0, 200));
        changed.set(100, device(100, "another driver"));

        assertThat(store.publish(changed)).singleElement().isInstanceOf(SliceWrite.Replace.class);
        assertThat(store.generation()).isEqualTo(1);
        assertThat(store.devices()).containsExactlyInAnyOrderElementsOf(changed);
    }

    @Test
    void writesOneSliceForAWithdrawnDeviceAndForItsReturn() {
        store.publish(devices(0, 200));
        List<SliceDevice> fewer = new ArrayList<>(devices(0, 200));
        fewer.remove(70);

        assertThat(store.publish(fewer)).singleElement().isInstanceOf(SliceWrite.Replace.class);
        assertThat(store.publish(devices(0, 200))).singleElement().isInstanceOf(SliceWrite.Replace.class);
        assertThat(store.generation()).isEqualTo(1);
    }

    @Test
    void raisesTheGenerationOfAllSlicesWhenTheirNumberChanges() {
        store.publish(devices(0, 64));

        store.publish(devices(0, 65));
        assertThat(store.slices)
                .hasSize(2)
                .allSatisfy(slice -> assertThat(slice.pool()).isEqualTo(new Pool("n1", 2, 2)));

        store.publish(devices(0, 64));
        assertThat(store.slices)
                .singleElement()
                .satisfies(slice -> assertThat(slice.pool()).isEqualTo(new Pool("n1", 3, 1)));
    }

    @Test
    void restoresADeletedSliceWithoutAWriteOfAnotherOne() {
        store.publish(devices(0, 128));
        store.slices.removeFirst();

        assertThat(store.publish(devices(0, 128))).singleElement().isInstanceOf(SliceWrite.Create.class);
        assertThat(store.generation()).isEqualTo(1);
        assertThat(store.publish(devices(0, 128))).isEmpty();
    }

    @Test
    void takesTheSlicesAlongToANodeThatWasCreatedAgain() {
        store.publish(devices(0, 3));

        assertThat(SlicePlan.of("n1", "another uid", devices(0, 3), store.slices))
                .singleElement()
                .isInstanceOf(SliceWrite.Replace.class);
    }

    @Test
    void removesAllSlicesWithoutDevices() {
        store.publish(devices(0, 200));
        store.publish(List.of());

        assertThat(store.slices).isEmpty();
    }

    @Test
    void ignoresSlicesOfOthers() {
        PublishedSlice ofAnotherDriver = new PublishedSlice("gpus", "1", "", "", new Pool("n1", 9, 1), devices(0, 2));

        assertThat(SlicePlan.of("n1", SliceStore.UID, List.of(), List.of(ofAnotherDriver)))
                .isEmpty();
        assertThat(SlicePlan.of("n1", SliceStore.UID, devices(0, 2), List.of(ofAnotherDriver)))
                .containsExactly(new SliceWrite.Create(new Pool("n1", 1, 1), devices(0, 2)));
    }

    @Test
    void continuesAfterEachDisturbanceAndKillOfTheAgent() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            SliceStore any = new SliceStore();
            Random random = new Random(seed);
            for (int step = 0; step < 6; step++) {
                List<SliceDevice> desired = someOf(random);
                if (random.nextBoolean()) {
                    any.publish(desired, random.nextInt(3));
                }
                if (random.nextBoolean()) {
                    any.disturb(random);
                }
                any.publish(desired);

                assertThat(any.devices()).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(desired);
                assertThat(any.publish(desired))
                        .as("second plan, seed %d", seed)
                        .isEmpty();
                assertThat(any.slices).as("seed %d", seed).allSatisfy(slice -> {
                    assertThat(slice.devices()).hasSizeBetween(1, 64);
                    assertThat(slice.pool()).isEqualTo(new Pool("n1", any.generation(), any.slices.size()));
                });
            }
        }
    }

    private static List<SliceDevice> someOf(Random random) {
        int most = random.nextBoolean() ? 4 : 300;
        int keep = 1 + random.nextInt(10);
        String driver = random.nextBoolean() ? "vfio-pci" : "mlx5_vfio_pci";
        return IntStream.range(0, most)
                .filter(any -> random.nextInt(10) < keep)
                .mapToObj(number -> device(number, driver))
                .toList();
    }

    private static List<SliceDevice> devices(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(number -> device(number, "vfio-pci"))
                .toList();
    }

    private static SliceDevice device(int number, String driver) {
        return new SliceDevice("pci-%04d".formatted(number), Map.of("driver", Attribute.of(driver)), Map.of());
    }
}
