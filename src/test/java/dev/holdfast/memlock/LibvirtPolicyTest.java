package dev.holdfast.memlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.GuestMemory;
import dev.holdfast.memlock.MemlockInput.MemoryModule;
import dev.holdfast.memlock.MemlockInput.MemoryModule.Kind;
import dev.holdfast.memlock.MemlockInput.Platform;
import dev.holdfast.memlock.MemlockInput.Ram;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.testbed.fixtures.MemlockInputBuilder;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests that the limits are exactly those of libvirt. */
class LibvirtPolicyTest {
    private static final long KIB = 1L << 10;
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    @ParameterizedTest
    @CsvSource({
        // GiB, vfio, nvme, vdpa interfaces, vdpa disks, viommu, limit
        "8, 1, 0, 0, 0, false, 9663676416",
        "64, 4, 0, 0, 0, false, 69793218560",
        "64, 4, 0, 0, 0, true, 275951648768",
        "16, 2, 2, 1, 0, false, 69793218560",
        "16, 2, 2, 1, 0, true, 86973087744",
        "16, 0, 0, 0, 0, false, 0",
        "16, 0, 0, 0, 0, true, 0",
        "16, 0, 1, 0, 0, true, 18253611008",
        "16, 0, 0, 0, 2, false, 35433480192",
    })
    void setsOneGibibyteAboveAllMapsOfMemory(
            int gib, int vfio, int nvme, int vdpaInterfaces, int vdpaDisks, boolean viommu, long limit) {
        MemlockInput domain = domain(Architecture.X86_64, true, gib * GIB)
                .with(new Devices(vfio, nvme, vdpaInterfaces, vdpaDisks, viommu, false));

        assertThat(LibvirtPolicy.plan(domain).limitBytes()).isEqualTo(limit);
    }

    @ParameterizedTest
    @EnumSource(
            value = Architecture.class,
            names = {"X86_64", "AARCH64", "S390X", "RISCV64"})
    void takesTheSameBranchOnEveryArchitectureButPowerUnderKvm(Architecture architecture) {
        for (boolean kvm : new boolean[] {true, false}) {
            MemlockInput domain = domain(architecture, kvm, 8 * GIB).with(Devices.vfio(1, false));

            assertThat(LibvirtPolicy.plan(domain).limitBytes()).isEqualTo(9 * GIB);
        }
        MemlockInput emulatedPower =
                domain(Architecture.PPC64LE, false, 8 * GIB).with(Devices.vfio(1, false));
        assertThat(LibvirtPolicy.plan(emulatedPower).limitBytes()).isEqualTo(9 * GIB);
    }

    @Test
    void followsThePowerFormula() {
        // pseries 32 GiB, maxMemory 64 GiB, one host device, so two host bridges
        MemlockInput domain = power(32 * GIB, 64 * GIB, null, 1);

        assertThat(LibvirtPolicy.plan(domain).limitBytes()).isEqualTo(35055992832L);
        assertThat(LibvirtPolicy.sum(domain).terms())
                .extracting(Term::name, Term::bytes)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("hash-table", 512 * MIB),
                        org.assertj.core.groups.Tuple.tuple("dma-windows", 16 * MIB),
                        org.assertj.core.groups.Tuple.tuple("passthrough", 32 * GIB + 128 * MIB + 8 * MIB));
    }

    @Test
    void countsTheHostBridgesThatThePowerDomainLists() {
        // base: 256 MiB + 4 × 4 MiB + 8 MiB; passthrough: max(8 GiB, 32 GiB + 4 × 64 MiB + 8 MiB)
        assertThat(LibvirtPolicy.plan(power(32 * GIB, null, 4, 1)).limitBytes())
                .isEqualTo((256 + 16 + 8) * MIB + 32 * GIB + 256 * MIB + 8 * MIB);
    }

    @Test
    void givesPowerTwoGibibytesForEachBridgeWhenMemoryIsLess() {
        // base: 8 MiB + 9 × 4 MiB + 8 MiB; passthrough: 9 × 2 GiB
        assertThat(LibvirtPolicy.plan(power(GIB, null, 9, 8)).limitBytes()).isEqualTo((8 + 36 + 8) * MIB + 18 * GIB);
    }

    @Test
    void neverSetsZeroOnPower() {
        assertThat(LibvirtPolicy.plan(power(4 * GIB, null, null, 0)).limitBytes())
                .isEqualTo((32 + 4 + 8) * MIB);
    }

    @Test
    void addsTheTablesOfNvlinkOnPower() {
        MemlockInput domain = power(32 * GIB, 64 * GIB, 2, 1).with(new Devices(1, 0, 0, 0, false, true));

        // base as above; passthrough: maxMemory + 128 TiB / 512 KiB of table for each bridge + 8 MiB
        assertThat(LibvirtPolicy.plan(domain).limitBytes())
                .isEqualTo(512 * MIB + 16 * MIB + 64 * GIB + 2 * 256 * GIB + 8 * MIB);
    }

    @Test
    void doesNotCountVdpaDisksOnPower() {
        MemlockInput bare = power(4 * GIB, null, 1, 0);

        assertThat(LibvirtPolicy.sum(bare.with(new Devices(0, 0, 0, 3, false, false))))
                .isEqualTo(LibvirtPolicy.sum(bare));
        assertThat(LibvirtPolicy.sum(bare.with(new Devices(0, 0, 1, 0, false, false)))
                        .bytes())
                .isGreaterThan(LibvirtPolicy.sum(bare).bytes());
    }

    @Test
    void givesPrecedenceToAHardLimit() {
        MemlockInput domain = domain(Architecture.X86_64, true, 8 * GIB).with(Devices.vfio(1, false));

        assertThat(LibvirtPolicy.plan(Machines.withHardLimit(domain, 3 * GIB, true)))
                .satisfies(plan -> {
                    assertThat(plan.limitBytes()).isEqualTo(3 * GIB);
                    assertThat(plan.marginBytes()).isNegative();
                    assertThat(plan.unlimited()).isFalse();
                });
        assertThat(LibvirtPolicy.plan(Machines.withHardLimit(domain, 0L, false)).limitBytes())
                .isZero();
    }

    @Test
    void treatsLibvirtsUnlimitedAsNoHardLimit() {
        MemlockInput domain = domain(Architecture.X86_64, true, 8 * GIB).with(Devices.vfio(1, false));
        long unlimited = 9007199254740991L * KIB;

        assertThat(LibvirtPolicy.plan(Machines.withHardLimit(domain, unlimited, false))
                        .limitBytes())
                .isEqualTo(9 * GIB);
        assertThat(LibvirtPolicy.plan(Machines.withHardLimit(domain, unlimited - KIB, false))
                        .limitBytes())
                .isEqualTo(unlimited - KIB);
    }

    @Test
    void setsNoLimitForLockedMemory() {
        MemlockPlan plan =
                LibvirtPolicy.plan(Machines.withHardLimit(domain(Architecture.X86_64, true, 8 * GIB), null, true));

        assertThat(plan.unlimited()).isTrue();
        assertThat(plan.limitBytes()).isNull();
        assertThat(plan.maxBytes()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        // bytes of RAM, KiB after rounding
        "X86_64, 1048577, 2048",
        "X86_64, 8589934592, 8388608",
        "X86_64, 135266305, 133120",
        "PPC64LE, 1048577, 262144",
        "PPC64LE, 268435457, 524288",
    })
    void roundsMemoryUpAsAtStart(Architecture architecture, long bytes, long kib) {
        MemlockInput domain = domain(architecture, false, bytes).with(Devices.vfio(1, false));

        assertThat(LibvirtPolicy.plan(domain).limitBytes()).isEqualTo(kib * KIB + GIB);
    }

    @Test
    void countsModulesAtFullSizeAndRoundsEach() {
        MemlockInput plain = domain(Architecture.X86_64, true, GIB).with(Devices.vfio(1, false));
        MemlockInput domain = Machines.withModules(
                plain,
                List.of(
                        new MemoryModule(Kind.DIMM, MIB + 1, 0, 0, 0),
                        new MemoryModule(Kind.NVDIMM, 2 * MIB, 128 * KIB, 0, 0),
                        new MemoryModule(Kind.VIRTIO_MEM, 512 * MIB, 0, 64 * MIB, 0)));

        assertThat(LibvirtPolicy.plan(domain).limitBytes()).isEqualTo(GIB + 2 * MIB + 2 * MIB + 512 * MIB + GIB);
    }

    @Test
    void roundsAnNvdimmDownOnPower() {
        MemlockInput plain = domain(Architecture.PPC64LE, false, GIB).with(Devices.vfio(1, false));
        MemlockInput domain =
                Machines.withModules(plain, List.of(new MemoryModule(Kind.NVDIMM, 700 * MIB, 128 * KIB, 0, 0)));

        assertThat(LibvirtPolicy.plan(domain).limitBytes()).isEqualTo(GIB + 512 * MIB + 128 * KIB + GIB);
    }

    @Test
    void hasANegativeMarginIfItsGibibyteDoesNotSuffice() {
        MemlockInput domain = domain(Architecture.X86_64, true, GIB)
                .with(Devices.vfio(64, true))
                .with(List.of(new Display(Video.VGA, null)));

        MemlockPlan libvirt = LibvirtPolicy.plan(domain);

        assertThat(libvirt.limitBytes()).isEqualTo(65 * GIB);
        assertThat(libvirt.requiredBytes()).isEqualTo(64 * (GIB + 16 * MIB + 448 * KIB));
        assertThat(libvirt.marginBytes())
                .isEqualTo(GIB - 64 * (16 * MIB + 448 * KIB))
                .isNegative();
    }

    @Test
    void refusesSizesOutOfRange() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LibvirtPolicy.plan(domain(Architecture.X86_64, true, 65L << 40)))
                .withMessageContaining("1Mi to 64Ti");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        LibvirtPolicy.sum(Machines.withHardLimit(domain(Architecture.X86_64, true, GIB), -1L, false)))
                .withMessageContaining("the hard limit is -1 bytes");
        List<MemoryModule> modules = IntStream.range(0, 3)
                .mapToObj(i -> new MemoryModule(Kind.DIMM, Long.MAX_VALUE, 0, 0, 0))
                .toList();
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> LibvirtPolicy.plan(Machines.withModules(domain(Architecture.X86_64, true, GIB), modules)))
                .withMessageContaining("1Mi to 64Ti");
    }

    private static MemlockInput power(
            long guestBytes, @Nullable Long maxBytes, @Nullable Integer bridges, int hostDevices) {
        return MemlockInputBuilder.guest(guestBytes)
                .platform(new Platform(Architecture.PPC64LE, true, 65536, bridges))
                .noDisplays()
                .devices(hostDevices)
                .build()
                .with(new GuestMemory(List.of(new Ram(guestBytes, 0)), List.of(), maxBytes, null, false));
    }

    private static MemlockInput domain(Architecture architecture, boolean kvm, long guestBytes) {
        return MemlockInputBuilder.guest(guestBytes)
                .platform(new Platform(architecture, kvm, 4096, null))
                .noDisplays()
                .devices(0)
                .build();
    }
}
