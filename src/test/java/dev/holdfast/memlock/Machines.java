package dev.holdfast.memlock;

import dev.holdfast.CaseCount;
import dev.holdfast.memlock.MemlockInput.Accounting;
import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.Emulated;
import dev.holdfast.memlock.MemlockInput.Firmware;
import dev.holdfast.memlock.MemlockInput.GuestMemory;
import dev.holdfast.memlock.MemlockInput.MemoryModule;
import dev.holdfast.memlock.MemlockInput.Platform;
import dev.holdfast.memlock.MemlockInput.Ram;
import dev.holdfast.memlock.MemlockInput.Video;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Random machines of every kind; the same seed creates the same machines. */
final class Machines {
    static final int MANY = CaseCount.of(3_000, 10_000);
    private static final long MIB = 1L << 20;

    private Machines() {}

    /** Runs a check for thousands of machines; a failure reports seed and machine. */
    static void forEach(long seed, Consumer<MemlockInput> check) {
        Random random = new Random(seed);
        for (int i = 0; i < MANY; i++) {
            MemlockInput machine = machine(random);
            try {
                check.accept(machine);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed %d, machine %d: %s".formatted(seed, i, machine), e);
            }
        }
    }

    /** Returns a machine without a hard limit and without locked memory. */
    private static MemlockInput machine(Random random) {
        Architecture architecture = pick(random, Architecture.values());
        long pageBytes = 4096L << random.nextInt(5);
        Platform platform = new Platform(
                architecture, random.nextBoolean(), pageBytes, random.nextBoolean() ? null : random.nextInt(65));
        return new MemlockInput(
                platform,
                memory(random),
                pick(random, Firmware.values()),
                displays(random),
                new Emulated(random.nextInt(5), few(random, () -> 1 + random.nextLong(64 * MIB))),
                devices(random),
                accounting(random));
    }

    private static GuestMemory memory(Random random) {
        List<Ram> ram = new ArrayList<>();
        long left = size(random, 32L << 40);
        int cells = random.nextInt(4);
        for (int i = 0; i < cells && left > 8 * MIB; i++) {
            ram.add(new Ram(left / 2, hugePage(random)));
            left -= left / 2;
        }
        ram.add(new Ram(left, hugePage(random)));
        List<MemoryModule> modules = few(random, () -> module(random));
        return new GuestMemory(ram, modules, random.nextBoolean() ? null : size(random, 64L << 40), null, false);
    }

    private static long hugePage(Random random) {
        return pick(random, 0L, 0L, 2 * MIB, 1L << 30);
    }

    private static MemoryModule module(Random random) {
        long bytes = size(random, 4L << 40);
        return switch (pick(random, MemoryModule.Kind.values())) {
            case NVDIMM -> new MemoryModule(MemoryModule.Kind.NVDIMM, bytes, Math.min(bytes, 128 << 10), 0, 0);
            case VIRTIO_MEM ->
                new MemoryModule(
                        MemoryModule.Kind.VIRTIO_MEM, bytes, 0, random.nextLong(bytes), random.nextLong(bytes));
            case VIRTIO_PMEM -> new MemoryModule(MemoryModule.Kind.VIRTIO_PMEM, bytes, 0, 0, 0);
            case SGX_EPC -> new MemoryModule(MemoryModule.Kind.SGX_EPC, bytes, 0, 0, 0);
            case DIMM -> new MemoryModule(MemoryModule.Kind.DIMM, bytes, 0, 0, 0);
        };
    }

    private static List<Display> displays(Random random) {
        return few(random, () -> {
            Video model = pick(random, Video.values());
            boolean sized = model == Video.VGA || model == Video.BOCHS || model == Video.QXL;
            return new Display(model, sized && random.nextBoolean() ? (Long) (MIB << (2 + random.nextInt(7))) : null);
        });
    }

    private static Devices devices(Random random) {
        return new Devices(
                random.nextInt(65),
                random.nextInt(3) == 0 ? random.nextInt(65) : 0,
                random.nextInt(3) == 0 ? random.nextInt(65) : 0,
                random.nextInt(3) == 0 ? random.nextInt(65) : 0,
                random.nextBoolean(),
                random.nextInt(8) == 0);
    }

    private static Accounting accounting(Random random) {
        return new Accounting(
                pick(random, Backend.TYPE1, Backend.TYPE1, Backend.IOMMUFD_USER, Backend.IOMMUFD_PROCESS),
                0,
                false,
                random.nextBoolean() ? 0 : random.nextLong(1L << 40),
                random.nextLong(1L << 40),
                random.nextBoolean());
    }

    /**
     * Returns a size: every order of magnitude from 1 MiB is equally likely, including the ends, and most sizes are
     * odd.
     */
    private static long size(Random random, long most) {
        int orders = 64 - Long.numberOfLeadingZeros(most / MIB);
        long order = MIB << random.nextInt(orders);
        return Math.min(most, order + (random.nextInt(4) == 0 ? 0 : random.nextLong(order)));
    }

    private static <T> List<T> few(Random random, java.util.function.Supplier<T> one) {
        return Stream.generate(one).limit(random.nextInt(3)).toList();
    }

    @SafeVarargs
    private static <T> T pick(Random random, T... values) {
        return values[random.nextInt(values.length)];
    }

    static MemlockInput withHardLimit(MemlockInput machine, @Nullable Long bytes, boolean locked) {
        GuestMemory memory = machine.memory();
        return machine.with(new GuestMemory(memory.ram(), memory.modules(), memory.maxBytes(), bytes, locked));
    }

    static MemlockInput withVfio(MemlockInput machine, int count, boolean viommu) {
        Devices old = machine.devices();
        return machine.with(
                new Devices(count, old.nvmeDisks(), old.vdpaInterfaces(), old.vdpaDisks(), viommu, old.nvlink2()));
    }

    static MemlockInput withRam(MemlockInput machine, List<Ram> ram) {
        GuestMemory memory = machine.memory();
        return machine.with(
                new GuestMemory(ram, memory.modules(), memory.maxBytes(), memory.hardLimitBytes(), memory.locked()));
    }

    static MemlockInput withModules(MemlockInput machine, List<MemoryModule> modules) {
        GuestMemory memory = machine.memory();
        return machine.with(
                new GuestMemory(memory.ram(), modules, memory.maxBytes(), memory.hardLimitBytes(), memory.locked()));
    }
}
