package dev.holdfast.memlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.groups.Tuple.tuple;

import dev.holdfast.memlock.MemlockInput.Accounting;
import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.Emulated;
import dev.holdfast.memlock.MemlockInput.Firmware;
import dev.holdfast.memlock.MemlockInput.MemoryModule;
import dev.holdfast.memlock.MemlockInput.MemoryModule.Kind;
import dev.holdfast.memlock.MemlockInput.Ram;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.testbed.fixtures.MemlockInputBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests the limits against measurements of a real kernel and a real QEMU, and the refusals. */
class ExactPolicyTest {
    private static final long MIB = 1L << 20;

    /** Sum of QEMU 7.2's flat view above guest RAM, after SeaBIOS ran. */
    @ParameterizedTest
    @CsvSource({"NONE, 262144", "RAMFB, 262144", "VGA, 16973824", "VIRTIO, 8585216"})
    void coversTheMemoryThatQemuMapsWithinTwoPercent(Video video, long aboveGuestBytes) {
        for (long guestBytes : new long[] {256 * MIB, 1024 * MIB, 65536 * MIB}) {
            long mapped = guestBytes + aboveGuestBytes;

            MemlockPlan plan = ExactPolicy.plan(input(guestBytes, video, null, 1));

            assertThat(plan.requiredBytes()).isGreaterThanOrEqualTo(mapped);
            assertThat((double) limit(plan) / mapped).isLessThanOrEqualTo(1.02);
        }
    }

    /**
     * Peak that the kernel charged while firmware ran, for a guest of 256 MiB; Linux 6.12 charges the ROM, 6.1 does
     * not.
     */
    @ParameterizedTest
    @CsvSource({"NONE, 262144", "NONE, 262400", "VGA, 278528"})
    void coversTheChargesOfBothKernels(Video video, long peakKib) {
        MemlockPlan plan = ExactPolicy.plan(input(256 * MIB, video, null, 1));

        assertThat(plan.requiredBytes()).isGreaterThanOrEqualTo(peakKib * 1024);
        assertThat((double) limit(plan) / (peakKib * 1024)).isLessThanOrEqualTo(1.02);
    }

    @Test
    void explainsEachTermOfAGuestWithVga() {
        MemlockPlan plan = ExactPolicy.plan(input(1024 * MIB, Video.VGA, 64 * MIB, 2));

        assertThat(plan.terms())
                .extracting(Term::name, Term::bytes)
                .containsExactly(
                        tuple("guest-memory", 1024 * MIB),
                        tuple("firmware-rom", 262144L),
                        tuple("video-memory", 64 * MIB),
                        tuple("legacy-alias", 131072L),
                        tuple("option-roms", 65536L),
                        tuple("assigned-bars", 0L));
        assertThat(plan.terms()).allSatisfy(term -> assertThat(term.reason()).isNotBlank());
        assertThat(plan.requiredBytes()).isEqualTo(1024 * MIB + 64 * MIB + 262144 + 131072 + 65536);
        assertThat(plan.marginBytes()).isEqualTo(MIB);
        assertThat(plan.limitBytes()).isEqualTo(plan.requiredBytes() + MIB);
        assertThat(plan.maxBytes()).isEqualTo(2048 * MIB);
        assertThat(plan.policy()).isEqualTo("Exact");
        assertThat(plan.unlimited()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(
            value = Video.class,
            names = {"QXL", "VIRTIO_GPU"})
    void coversTheReferenceSumsOfDisplaysThatOnlyDomainsHave(Video video) {
        long mapped = 1024 * MIB + (video == Video.QXL ? 134422528 : 262144);

        assertThat(ExactPolicy.plan(input(1024 * MIB, video, null, 1)).requiredBytes())
                .isBetween(mapped, mapped + 512 * 1024);
    }

    /** Sums of QEMU 7.2's flat view with UEFI: nothing above guest RAM without a display. */
    @Test
    void countsNothingForUefiInFlash() {
        MemlockInput bare =
                MemlockInputBuilder.guest(256 * MIB).firmware(Firmware.FLASH).build();
        MemlockInput display = MemlockInputBuilder.guest(256 * MIB)
                .firmware(Firmware.FLASH)
                .video(Video.VGA, null)
                .build()
                .with(new Emulated(1, List.of()));

        assertThat(ExactPolicy.plan(bare).requiredBytes()).isEqualTo(256 * MIB);
        assertThat(ExactPolicy.plan(display).requiredBytes())
                .isBetween(256 * MIB + 16711680, 256 * MIB + 16711680 + MIB);
    }

    /** Linux 6.1 with QEMU 7.2: two devices with intel-iommu lock 130816 KiB of 128 MiB twice. */
    @Test
    void mapsAllOfMemoryForEachDeviceBehindAVirtualIommu() {
        MemlockInput input = input(128 * MIB, Video.NONE, null, 2).with(Devices.vfio(2, true));

        MemlockPlan plan = ExactPolicy.plan(input);

        assertThat(plan.addressSpaces()).isEqualTo(2);
        assertThat(plan.requiredBytes()).isEqualTo(2 * (128 * MIB + 262144)).isGreaterThanOrEqualTo(261632 * 1024);
        assertThat(plan.marginBytes()).isEqualTo(2 * MIB);
        assertThat(plan.maxBytes()).isEqualTo(2 * (128 + 1024) * MIB);
    }

    @Test
    void countsTheMappedPartOfMemoryDevices() {
        MemlockInput input = Machines.withModules(
                input(1024 * MIB, Video.NONE, null, 1),
                List.of(
                        new MemoryModule(Kind.DIMM, 512 * MIB, 0, 0, 0),
                        new MemoryModule(Kind.VIRTIO_PMEM, 8 * MIB, 0, 0, 0),
                        new MemoryModule(Kind.NVDIMM, 256 * MIB, 128 * 1024, 0, 0),
                        new MemoryModule(Kind.SGX_EPC, 64 * MIB, 0, 0, 0),
                        new MemoryModule(Kind.VIRTIO_MEM, 4096 * MIB, 0, 64 * MIB, 96 * MIB)));

        MemlockPlan plan = ExactPolicy.plan(input);

        assertThat(plan.terms())
                .extracting(Term::name, Term::bytes)
                .contains(tuple("hotplug-memory", (512 + 8 + 254) * MIB), tuple("virtio-mem", 96 * MIB));
        // maxBytes includes each device with its full size.
        assertThat(plan.maxBytes()).isEqualTo((1024 + 512 + 8 + 256 + 64 + 4096 + 1024) * MIB);
    }

    @Test
    void roundsEachBackendUpToItsOwnPages() {
        MemlockInput input = Machines.withRam(
                input(1, Video.NONE, null, 1), List.of(new Ram(3 * MIB, 2 * MIB), new Ram(MIB + 1, 0)));

        assertThat(ExactPolicy.plan(input).terms().getFirst().bytes()).isEqualTo(4 * MIB + MIB + 4096);
    }

    @Test
    void countsRamBarsAndRomsOfNetworkInterfaces() {
        MemlockInput input = input(1024 * MIB, Video.BOCHS, null, 1).with(new Emulated(2, List.of(4 * MIB, 1L)));

        assertThat(ExactPolicy.plan(input).terms())
                .extracting(Term::name, Term::bytes)
                .contains(tuple("option-roms", 32768L + 2 * 262144), tuple("ram-bars", 4 * MIB + 4096));
    }

    @Test
    void requiresTheLargestAccountAndAddsUpInsideEach() {
        MemlockInput input = input(1024 * MIB, Video.NONE, null, 1);
        long map = 1024 * MIB + 262144;

        // Two nvme disks in addition to the shared map of VFIO: three in the process's account, one pinned by vdpa.
        assertThat(required(input.with(new Devices(2, 2, 1, 0, false, false)))).isEqualTo(3 * map);
        assertThat(required(input.with(new Devices(1, 0, 2, 2, false, false)))).isEqualTo(4 * map);
        // iommufd moves the VFIO map to the user's account, but vdpa counts it with the pinned pages.
        Accounting perUser = new Accounting(Backend.IOMMUFD_USER, 0, false, 0, 0, false);
        assertThat(required(input.with(new Devices(1, 2, 0, 0, false, false)).with(perUser)))
                .isEqualTo(2 * map);
        assertThat(required(input.with(new Devices(3, 0, 2, 0, true, false)).with(perUser)))
                .isEqualTo(5 * map);
        Accounting perProcess = new Accounting(Backend.IOMMUFD_PROCESS, 0, false, 0, 0, false);
        assertThat(required(input.with(new Devices(1, 2, 0, 0, false, false)).with(perProcess)))
                .isEqualTo(3 * map);
    }

    /** A device without iommufd has its own container, which has its own map. */
    @Test
    void addsContainersToAnIommufdThatChargesTheProcess() {
        MemlockInput input = input(128 * MIB, Video.NONE, null, 3);
        long map = 128 * MIB + 262144;
        Accounting process = Accounting.TYPE1.with(Backend.IOMMUFD_PROCESS, 1);
        Accounting user = Accounting.TYPE1.with(Backend.IOMMUFD_USER, 1);

        assertThat(required(input.with(process))).isEqualTo(2 * map);
        assertThat(required(input.with(user))).isEqualTo(map);
        assertThat(required(input.with(Devices.vfio(3, true)).with(process))).isEqualTo(3 * map);
        assertThat(required(input.with(Devices.vfio(3, true)).with(user))).isEqualTo(2 * map);
        refuses(input.with(Accounting.TYPE1.with(Backend.IOMMUFD_USER, 4)), "4 devices are in a container");
    }

    /** Each account is compared with the limit separately: the larger of registered and mapped memory counts. */
    @Test
    void requiresTheLargerOfRegisteredAndMappedMemory() {
        MemlockInput input = input(128 * MIB, Video.NONE, null, 2);
        MemlockInput sev = input.with(Accounting.TYPE1.registering(true));

        assertThat(required(sev)).isBetween(required(input) + 2 * MIB, required(input) + 3 * MIB);
        assertThat(ExactPolicy.plan(sev).addressSpaces()).isEqualTo(1);
        assertThat(required(sev.with(Devices.vfio(2, true)))).isEqualTo(2 * required(input));
        assertThat(ExactPolicy.plan(sev.with(Devices.vfio(2, true))).terms())
                .extracting(Term::name)
                .doesNotContain("firmware-tables");
        assertThat(LibvirtPolicy.sum(sev.with(Devices.vfio(0, false))).bytes()).isZero();
    }

    /**
     * Linux 6.12: a second VM of the same user fails with a limit that suffices for one; a VM of another user does not.
     */
    @Test
    void addsMemoryThatOtherVmsOfTheUserLockThroughIommufd() {
        MemlockInput second = input(128 * MIB, Video.NONE, null, 1)
                .with(new Accounting(Backend.IOMMUFD_USER, 0, false, 131328 * 1024, 0, false));
        MemlockInput otherUser = second.with(new Accounting(Backend.IOMMUFD_USER, 0, false, 0, 0, false));

        assertThat(required(second)).isGreaterThan(132 * MIB);
        assertThat(required(otherUser)).isLessThan(132 * MIB);
        assertThat(ExactPolicy.plan(second).terms())
                .filteredOn(term -> term.name().equals("iommufd-accounting"))
                .singleElement()
                .satisfies(term -> assertThat(term.reason()).contains("not measured yet"));
    }

    @Test
    void chargesAssignedBarsOnlyToAnIommufdThatCountsThem() {
        MemlockInput input = input(1024 * MIB, Video.NONE, null, 1);
        long bar = 128L << 30;

        assertThat(required(input.with(new Accounting(Backend.IOMMUFD_PROCESS, 0, false, 0, bar, true))))
                .isEqualTo(required(input) + bar);
        assertThat(required(input.with(new Accounting(Backend.IOMMUFD_PROCESS, 0, false, 0, bar, false))))
                .isEqualTo(required(input));
        assertThat(required(input.with(new Accounting(Backend.TYPE1, 0, false, 0, bar, true))))
                .isEqualTo(required(input));
    }

    @Test
    void setsNoLimitIfAllMemoryIsLocked() {
        MemlockPlan plan = ExactPolicy.plan(Machines.withHardLimit(input(1024 * MIB, Video.NONE, null, 1), null, true));

        assertThat(plan.unlimited()).isTrue();
        assertThat(plan.limitBytes()).isNull();
        assertThat(plan.maxBytes()).isNull();
        assertThat(plan.requiredBytes()).isEqualTo(1024 * MIB + 262144);
    }

    @Test
    void hasASourceForEachTerm() {
        assertThat(ExactPolicy.plan(input(1024 * MIB, Video.VGA, null, 1)).terms())
                .allSatisfy(term -> assertThat(term.source()).isNotBlank());
    }

    @Test
    void leavesTheInheritedLimitAloneWithoutDevices() {
        MemlockPlan plan = ExactPolicy.plan(input(1024 * MIB, Video.VGA, null, 0));

        assertThat(plan.addressSpaces()).isZero();
        assertThat(plan.requiredBytes()).isZero();
        assertThat(plan.marginBytes()).isZero();
        assertThat(plan.limitBytes()).isZero();
        assertThat(plan.maxBytes()).isZero();
    }

    @Test
    void refusesNumbersOutOfRange() {
        refuses(MemlockInputBuilder.guest(MIB - 1).build(), "guest memory is 1048575 bytes");
        refuses(MemlockInputBuilder.guest(Long.MAX_VALUE).build(), "1Mi to 64Ti");
        refuses(MemlockInputBuilder.guest(-MIB).build(), "guest memory is -1048576 bytes");
        refuses(MemlockInputBuilder.guest(MIB).pageBytes(4097).build(), "page size is 4097 bytes");
        refuses(MemlockInputBuilder.guest(MIB).pageBytes(0).build(), "page size is 0 bytes");
        refuses(MemlockInputBuilder.guest(MIB).devices(-1).build(), "there are -1 devices");
        refuses(MemlockInputBuilder.guest(MIB).devices(1025).build(), "there are 1025 devices");
    }

    @Test
    void refusesInvalidVideoMemory() {
        refuses(input(64 * MIB, Video.VGA, 3 * MIB, 1), "must be a power of two for vga, from 1Mi to 256Mi");
        refuses(input(64 * MIB, Video.VGA, 512 * MIB, 1), "video memory is 536870912 bytes");
        refuses(input(64 * MIB, Video.VGA, MIB / 2, 1), "video memory is 524288 bytes");
        refuses(input(64 * MIB, Video.VGA, Long.MIN_VALUE, 1), "video memory is -9223372036854775808 bytes");
        refuses(input(64 * MIB, Video.BOCHS, 2 * MIB, 1), "must be a power of two for bochs, from 4Mi to 256Mi");
    }

    @ParameterizedTest
    @EnumSource(
            value = Video.class,
            names = {"NONE", "RAMFB", "VIRTIO"})
    void refusesVideoMemoryForAModelWithoutTheOption(Video video) {
        refuses(input(64 * MIB, video, 16 * MIB, 1), "does not support it");
    }

    private static void refuses(MemlockInput input, String found) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ExactPolicy.plan(input))
                .withMessageContaining(found)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    private static MemlockInput input(long guestBytes, Video video, @Nullable Long videoBytes, int devices) {
        return MemlockInputBuilder.guest(guestBytes)
                .video(video, videoBytes)
                .devices(devices)
                .build();
    }

    private static long required(MemlockInput input) {
        return ExactPolicy.plan(input).requiredBytes();
    }

    private static long limit(MemlockPlan plan) {
        Long limit = plan.limitBytes();
        assertThat(limit).isNotNull();
        return limit == null ? 0 : limit;
    }
}
