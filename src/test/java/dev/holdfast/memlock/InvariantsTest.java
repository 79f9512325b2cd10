package dev.holdfast.memlock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import dev.holdfast.memlock.MemlockInput.Accounting;
import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.Emulated;
import dev.holdfast.memlock.MemlockInput.MemoryModule;
import dev.holdfast.memlock.MemlockInput.Ram;
import dev.holdfast.memlock.MemlockInput.Video;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests properties of all machines: each test creates thousands for each seed; a failure reports seed and machine.
 */
@Slow
class InvariantsTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void aHardLimitHasPrecedence(long seed) {
        Random random = new Random(seed);
        Machines.forEach(seed, machine -> {
            long hardLimit = random.nextLong(1L << 43) << 10;
            boolean locked = random.nextBoolean();

            MemlockPlan plan = LibvirtPolicy.plan(Machines.withHardLimit(machine, hardLimit, locked));

            assertThat(plan.limitBytes()).isEqualTo(hardLimit);
            assertThat(plan.unlimited()).isFalse();
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void withoutDevicesTheLimitIsLeftAloneExceptOnPowerUnderKvm(long seed) {
        Machines.forEach(seed, machine -> {
            MemlockInput bare =
                    machine.with(new Devices(0, 0, 0, 0, machine.devices().viommu(), false));

            MemlockPlan exact = ExactPolicy.plan(bare);
            assertThat(exact.limitBytes()).isZero();
            assertThat(exact.requiredBytes()).isZero();
            assertThat(exact.addressSpaces()).isZero();
            assertThat(limit(LibvirtPolicy.plan(bare)) == 0).isEqualTo(!powerUnderKvm(bare));
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void moreMemoryNeverNeedsLess(long seed) {
        Random random = new Random(seed);
        Machines.forEach(seed, machine -> {
            List<Ram> ram = new ArrayList<>(machine.memory().ram());
            Ram first = ram.getFirst();
            ram.set(0, new Ram(first.bytes() + random.nextLong(GIB), first.pageBytes()));

            assertGrows(machine, Machines.withRam(machine, ram));
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void moreHotpluggedMemoryNeverNeedsLess(long seed) {
        Random random = new Random(seed);
        Machines.forEach(seed, machine -> {
            List<MemoryModule> modules = new ArrayList<>(machine.memory().modules());
            modules.add(new MemoryModule(MemoryModule.Kind.DIMM, 1 + random.nextLong(GIB), 0, 0, 0));

            assertGrows(machine, Machines.withModules(machine, modules));
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void moreDevicesOrAVirtualIommuNeverNeedLess(long seed) {
        Machines.forEach(seed, machine -> {
            Devices devices = machine.devices();
            int one = Math.min(64, devices.vfio() + 1);

            assertGrows(machine, Machines.withVfio(machine, one, devices.viommu()));
            assertGrows(
                    Machines.withVfio(machine, devices.vfio(), false),
                    Machines.withVfio(machine, devices.vfio(), true));
            assertGrows(
                    machine,
                    machine.with(new Devices(
                            devices.vfio(),
                            Math.min(64, devices.nvmeDisks() + 1),
                            Math.min(64, devices.vdpaInterfaces() + 1),
                            Math.min(64, devices.vdpaDisks() + 1),
                            devices.viommu(),
                            devices.nvlink2())));
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void moreVideoMemoryAddsJustThatToEachMapAndNothingToLibvirts(long seed) {
        Random random = new Random(seed);
        Machines.forEach(seed, machine -> {
            long bytes = MIB << random.nextInt(8);
            MemlockInput small = machine.with(List.of(new Display(Video.VGA, bytes)));
            MemlockInput large = machine.with(List.of(new Display(Video.VGA, 2 * bytes)));

            assertThat(limit(ExactPolicy.plan(large)) - limit(ExactPolicy.plan(small)))
                    .isEqualTo(bytes * ExactPolicy.plan(small).addressSpaces());
            assertThat(LibvirtPolicy.sum(large)).isEqualTo(LibvirtPolicy.sum(small));
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void aSecondDeviceChangesNothingWithoutAVirtualIommuAndAddsOneMapWithOne(long seed) {
        Random random = new Random(seed);
        Machines.forEach(seed, any -> {
            MemlockInput machine = any.with(Accounting.TYPE1).with(Devices.vfio(1, false));
            int n = 1 + random.nextInt(63);

            assertThat(ExactPolicy.plan(Machines.withVfio(machine, n + 1, false)))
                    .isEqualTo(ExactPolicy.plan(machine));
            MemlockPlan fewer = ExactPolicy.plan(Machines.withVfio(machine, n, true));
            MemlockPlan more = ExactPolicy.plan(Machines.withVfio(machine, n + 1, true));
            assertThat(more.requiredBytes() - fewer.requiredBytes()).isEqualTo(mapBytes(fewer));
            assertThat(more.addressSpaces()).isEqualTo(n + 1);
            if (!powerUnderKvm(machine)) {
                assertThat(LibvirtPolicy.sum(Machines.withVfio(machine, n + 1, false)))
                        .isEqualTo(LibvirtPolicy.sum(machine));
                assertThat(libvirt(Machines.withVfio(machine, n + 1, true))
                                - libvirt(Machines.withVfio(machine, n, true)))
                        .isEqualTo(libvirt(machine) - GIB);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void pageSizesThatFitAndBarsUnderType1ChangeNothing(long seed) {
        Random random = new Random(seed);
        Machines.forEach(seed, any -> {
            MemlockInput machine = any.with(Accounting.TYPE1);
            long hugeBytes = random.nextBoolean() ? 2 * MIB : GIB;
            long guestBytes = hugeBytes * (1 + random.nextInt(1000));
            MemlockInput small = Machines.withRam(machine, List.of(new Ram(guestBytes, 0)));
            MemlockInput huge = Machines.withRam(machine, List.of(new Ram(guestBytes, hugeBytes)));

            assertThat(ExactPolicy.plan(huge)).isEqualTo(ExactPolicy.plan(small));
            assertThat(LibvirtPolicy.plan(huge)).isEqualTo(LibvirtPolicy.plan(small));
            Accounting bars =
                    new Accounting(Backend.TYPE1, 0, false, random.nextLong(GIB), random.nextLong(GIB << 8), true);
            assertThat(ExactPolicy.plan(machine.with(bars))).isEqualTo(ExactPolicy.plan(machine));
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void theOrderChangesNothing(long seed) {
        Random random = new Random(seed);
        Machines.forEach(seed, machine -> {
            MemlockInput shuffled = Machines.withModules(
                            Machines.withRam(machine, shuffled(machine.memory().ram(), random)),
                            shuffled(machine.memory().modules(), random))
                    .with(shuffled(machine.displays(), random))
                    .with(new Emulated(
                            machine.emulated().nicRoms(),
                            shuffled(machine.emulated().ramBarBytes(), random)));

            assertThat(ExactPolicy.plan(shuffled)).isEqualTo(ExactPolicy.plan(machine));
            assertThat(LibvirtPolicy.sum(shuffled)).isEqualTo(LibvirtPolicy.sum(machine));
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void exactIsPageAlignedAndAtLeastGuestRamWheneverADeviceExists(long seed) {
        Machines.forEach(seed, machine -> {
            MemlockPlan plan = ExactPolicy.plan(machine);

            assertThat(limit(plan) % machine.platform().pageBytes()).isZero();
            assertThat(Objects.requireNonNull(plan.maxBytes())).isGreaterThanOrEqualTo(limit(plan));
            assertThat(plan.requiredBytes() + plan.marginBytes()).isEqualTo(limit(plan));
            assertThat(plan.terms()).extracting(Term::name).doesNotHaveDuplicates();
            if (plan.addressSpaces() > 0) {
                assertThat(plan.requiredBytes()).isGreaterThanOrEqualTo(machine.guestBytes());
                assertThat(plan.marginBytes()).isGreaterThanOrEqualTo(MIB * plan.addressSpaces());
            }
        });
    }

    /** Power under KVM is excluded: its formula does not depend on address spaces. */
    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void exactStaysBelowLibvirtUnlessEmulatedMemoryAndMarginsPassAGibibyte(long seed) {
        Machines.forEach(seed, any -> {
            MemlockInput machine = any.with(Accounting.TYPE1);
            if (powerUnderKvm(machine)) {
                return;
            }
            MemlockPlan exact = ExactPolicy.plan(machine);
            MemlockPlan libvirt = LibvirtPolicy.plan(machine);
            long beyondMemory = mapBytes(exact) - memoryBytes(machine);

            if (limit(exact) > limit(libvirt)) {
                assertThat(exact.addressSpaces() * (beyondMemory + MIB)).isGreaterThan(GIB);
            }
            // The margin is negative if libvirt's limit does not suffice.
            assertThat(libvirt.marginBytes()).isEqualTo(limit(libvirt) - exact.requiredBytes());
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void nothingOverflows(long seed) {
        Random random = new Random(seed);
        Machines.forEach(seed, any -> {
            long rest = random.nextLong(GIB);
            MemlockInput machine = Machines.withModules(
                            Machines.withRam(any, List.of(new Ram(ExactPolicy.MAX_GUEST_BYTES - rest, 0))), List.of())
                    .with(new Devices(64, 64, 64, 64, random.nextBoolean(), random.nextBoolean()));
            MemlockPlan plan = ExactPolicy.plan(machine);

            BigInteger maps = BigInteger.valueOf(mapBytes(plan)).multiply(BigInteger.valueOf(plan.addressSpaces()));
            assertThat(BigInteger.valueOf(plan.requiredBytes())).isGreaterThanOrEqualTo(maps);
            assertThat(limit(plan)).isPositive();
            assertThat(libvirt(machine)).isPositive();
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void splittingMemoryIntoWholePagesDoesNotChangeItsSum(long seed) {
        Random random = new Random(seed);
        Machines.forEach(seed, machine -> {
            long left = MIB * (1 + random.nextInt(1 << 20));
            MemlockInput whole = Machines.withRam(machine, List.of(new Ram(left, 0)));
            List<Ram> pieces = new ArrayList<>();
            while (left > MIB && pieces.size() < 8) {
                long piece = MIB * (1 + random.nextLong(left / MIB));
                pieces.add(new Ram(Math.min(piece, left - MIB), 0));
                left -= pieces.getLast().bytes();
                if (pieces.getLast().bytes() == 0) {
                    pieces.removeLast();
                    break;
                }
            }
            pieces.add(new Ram(left, 0));
            MemlockInput split = Machines.withRam(machine, pieces);

            assertThat(ExactPolicy.plan(split)).isEqualTo(ExactPolicy.plan(whole));
            assertThat(machine.platform().architecture().power()
                            || LibvirtPolicy.sum(split).equals(LibvirtPolicy.sum(whole)))
                    .isTrue();
        });
    }

    private static void assertGrows(MemlockInput less, MemlockInput more) {
        assertThat(limit(ExactPolicy.plan(more))).isGreaterThanOrEqualTo(limit(ExactPolicy.plan(less)));
        assertThat(libvirt(more)).isGreaterThanOrEqualTo(libvirt(less));
    }

    private static <T> List<T> shuffled(List<T> values, Random random) {
        List<T> copy = new ArrayList<>(values);
        Collections.shuffle(copy, random);
        return copy;
    }

    private static boolean powerUnderKvm(MemlockInput machine) {
        return machine.platform().architecture().power() && machine.platform().kvm();
    }

    private static long mapBytes(MemlockPlan plan) {
        return plan.terms().stream().mapToLong(Term::bytes).sum();
    }

    /** Returns all memory as libvirt counts it. */
    private static long memoryBytes(MemlockInput machine) {
        return libvirt(machine.with(Devices.vfio(1, false))) - GIB;
    }

    private static long libvirt(MemlockInput machine) {
        return LibvirtPolicy.sum(machine).bytes();
    }

    private static long limit(MemlockPlan plan) {
        return Objects.requireNonNull(plan.limitBytes());
    }
}
