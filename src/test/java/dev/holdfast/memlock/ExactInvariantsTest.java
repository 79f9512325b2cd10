package dev.holdfast.memlock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.memlock.MemlockInput.Firmware;
import dev.holdfast.memlock.MemlockInput.Video;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every machine; inputs are generated from a fixed seed, so a failure is the same tomorrow. */
class ExactInvariantsTest {
    private static final int INPUTS = 3000;
    private static final List<Video> VIDEOS = List.of(Video.values());
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    /** Not one parameterized case for each input: three thousand of them would be all that the report shows. */
    static Stream<Long> seeds() {
        return Stream.of(1L, 2L, 3L);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void limitIsPageAlignedAndAtLeastGuestRam(long seed) {
        inputs(seed).forEach(input -> {
            MemlockPlan plan = Exact.plan(withDevices(input, 1 + input.deviceCount() % 64));

            assertThat(limit(plan) % input.pageBytes()).as("%s", input).isZero();
            assertThat(plan.requiredBytes() % input.pageBytes()).as("%s", input).isZero();
            assertThat(plan.requiredBytes()).as("%s", input).isGreaterThanOrEqualTo(input.guestBytes());
            assertThat(plan.requiredBytes() + plan.marginBytes())
                    .as("%s", input)
                    .isEqualTo(limit(plan));
            assertThat(Objects.requireNonNull(plan.maxBytes())).as("%s", input).isGreaterThanOrEqualTo(limit(plan));
        });
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void noDeviceMeansNoLimit(long seed) {
        inputs(seed)
                .forEach(input -> assertThat(limit(Exact.plan(withDevices(input, 0))))
                        .as("%s", input)
                        .isZero());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void furtherDevicesChangeNothing(long seed) {
        inputs(seed)
                .forEach(input -> assertThat(Exact.plan(withDevices(input, 1 + input.deviceCount() % 64)))
                        .as("%s", input)
                        .isEqualTo(Exact.plan(withDevices(input, 1))));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void moreGuestMemoryNeverNeedsLess(long seed) {
        Random random = new Random(seed);
        inputs(seed).forEach(input -> {
            long more = Math.min(Exact.MAX_GUEST_BYTES, input.guestBytes() + random.nextLong(GIB));

            assertThat(limit(Exact.plan(withGuest(input, more))))
                    .as("%s", input)
                    .isGreaterThanOrEqualTo(limit(Exact.plan(input)));
        });
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void twiceTheVideoMemoryAddsJustThat(long seed) {
        inputs(seed)
                .map(input -> withDevices(input, 1))
                .filter(input -> input.videoBytes() != null && input.videoBytes() < 256 * MIB)
                .forEach(input -> {
                    long videoBytes = Objects.requireNonNull(input.videoBytes());
                    MemlockInput twice = withVideo(input, input.video(), videoBytes * 2);

                    assertThat(limit(Exact.plan(twice)) - limit(Exact.plan(input)))
                            .as("%s", input)
                            .isEqualTo(videoBytes);
                });
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void staysBelowLibvirtsFudge(long seed) {
        inputs(seed).map(input -> withDevices(input, 1)).forEach(input -> {
            long libvirtBytes = input.guestBytes() + GIB;

            assertThat(limit(Exact.plan(input))).as("%s", input).isLessThanOrEqualTo(libvirtBytes);
        });
    }

    private static Stream<MemlockInput> inputs(long seed) {
        Random random = new Random(seed);
        return Stream.generate(() -> input(random)).limit(INPUTS);
    }

    private static MemlockInput input(Random random) {
        // Every magnitude from 1 MiB to 64 TiB alike, the ends among them, and mostly odd sizes.
        long order = MIB << random.nextInt(27);
        long guestBytes =
                Math.min(Exact.MAX_GUEST_BYTES, order + (random.nextInt(4) == 0 ? 0 : random.nextLong(order)));
        long pageBytes = 4096L << random.nextInt(5);
        Video video = VIDEOS.get(random.nextInt(VIDEOS.size()));
        boolean configurable = video == Video.VGA || video == Video.BOCHS;
        Long videoBytes = configurable && random.nextBoolean() ? MIB << (2 + random.nextInt(7)) : null;
        return new MemlockInput(guestBytes, pageBytes, Firmware.SEABIOS, video, videoBytes, random.nextInt(65));
    }

    private static MemlockInput withDevices(MemlockInput input, int devices) {
        return new MemlockInput(
                input.guestBytes(), input.pageBytes(), input.firmware(), input.video(), input.videoBytes(), devices);
    }

    private static MemlockInput withGuest(MemlockInput input, long guestBytes) {
        return new MemlockInput(
                guestBytes,
                input.pageBytes(),
                input.firmware(),
                input.video(),
                input.videoBytes(),
                input.deviceCount());
    }

    private static MemlockInput withVideo(MemlockInput input, Video video, long videoBytes) {
        return new MemlockInput(
                input.guestBytes(), input.pageBytes(), input.firmware(), video, videoBytes, input.deviceCount());
    }

    private static long limit(MemlockPlan plan) {
        return Objects.requireNonNull(plan.limitBytes());
    }
}
