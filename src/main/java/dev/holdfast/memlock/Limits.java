package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.Accounting;
import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.GuestMemory;
import dev.holdfast.memlock.MemlockInput.MemoryModule;
import dev.holdfast.memlock.MemlockInput.Ram;
import java.util.stream.LongStream;

/** What is a machine: within these bounds no sum can overflow. */
final class Limits {
    static final long MIN_GUEST_BYTES = 1L << 20;
    static final long MAX_MEMORY_BYTES = 64L << 40;
    private static final long MIN_PAGE_BYTES = 1L << 12;
    private static final long MAX_PAGE_BYTES = 1L << 20;
    private static final long MAX_HUGE_PAGE_BYTES = 16L << 30;

    /** More than any machine has: QEMU has room for 256 PCI buses of 32 devices, and 128 NUMA cells. */
    private static final int MAX_COUNT = 1024;

    /** What 52 bits of a physical address reach. */
    private static final long MAX_ADDRESS_BYTES = 4L << 50;

    private Limits() {}

    /**
     * @throws IllegalArgumentException with one sentence about the first number that no machine has
     */
    static void check(MemlockInput input) {
        checkMemory(input.memory());
        checkMaximum(input);
        long page = input.platform().pageBytes();
        require(
                Long.bitCount(page) == 1 && page >= MIN_PAGE_BYTES && page <= MAX_PAGE_BYTES,
                "page size is %d bytes, but a host has a power of two from 4Ki to 1Mi; give its getconf PAGESIZE",
                page);
        Devices devices = input.devices();
        checkCount("devices", devices.vfio());
        checkCount("nvme disks", devices.nvmeDisks());
        checkCount("vdpa interfaces", devices.vdpaInterfaces());
        checkCount("vdpa disks", devices.vdpaDisks());
        checkCount("emulated network cards", input.emulated().nicRoms());
        checkCount("displays", input.displays().size());
        checkCount("RAM BARs", input.emulated().ramBarBytes().size());
        Integer bridges = input.platform().hostBridges();
        checkCount("PCI host bridges", bridges == null ? 0 : bridges);
        input.emulated().ramBarBytes().forEach(bytes -> checkSize("a RAM BAR", bytes));
        checkSize("all RAM BARs", input.emulated().ramBarBytes().stream().reduce(0L, Limits::cappedSum));
        Accounting accounting = input.accounting();
        checkCount("devices in a container", accounting.containerDevices());
        require(
                accounting.containerDevices() <= devices.vfio(),
                "%d devices are in a container, must be at most the number of all devices; correct it",
                accounting.containerDevices());
        checkSize("the BARs of assigned devices", accounting.barBytes());
        checkSize("what other processes of the user have locked", accounting.otherUserBytes());
    }

    private static void checkMemory(GuestMemory memory) {
        LongStream sizes = LongStream.concat(
                memory.ram().stream().mapToLong(Ram::bytes),
                memory.modules().stream().mapToLong(MemoryModule::bytes));
        memory.ram().forEach(Limits::checkRam);
        memory.modules().forEach(Limits::checkModule);
        long guest = memory.ram().stream().mapToLong(Ram::bytes).reduce(0, Limits::cappedSum);
        require(
                guest >= MIN_GUEST_BYTES,
                "guest memory is %d bytes, but 1Mi to 64Ti are possible; give a size in that range",
                guest);
        long all = sizes.reduce(0, Limits::cappedSum);
        require(
                all <= MAX_MEMORY_BYTES,
                "guest memory is %d bytes, but 1Mi to 64Ti are possible; give a size in that range",
                all);
        checkCount("pieces of guest memory", memory.ram().size());
        checkCount("memory devices", memory.modules().size());
        Long hardLimit = memory.hardLimitBytes();
        require(
                hardLimit == null || hardLimit >= 0,
                "the hard limit is %d bytes, but cannot be negative; correct or remove it",
                hardLimit == null ? 0 : hardLimit);
    }

    /** Only on Power does the maximum enter a sum; elsewhere it may be as large as libvirt takes it. */
    private static void checkMaximum(MemlockInput input) {
        Long max = input.memory().maxBytes();
        if (max != null && input.platform().architecture().power()) {
            checkSize("maximum memory", max);
        }
        require(
                max == null || (max >= 0 && max <= MAX_ADDRESS_BYTES),
                "the size of maximum memory is %d bytes, must be at most 4Pi; correct it",
                max == null ? 0 : max);
    }

    private static void checkRam(Ram ram) {
        require(
                ram.bytes() > 0,
                "guest memory is %d bytes, but 1Mi to 64Ti are possible; give a size in that range",
                ram.bytes());
        require(
                ram.pageBytes() == 0 || (Long.bitCount(ram.pageBytes()) == 1 && ram.pageBytes() <= MAX_HUGE_PAGE_BYTES),
                "huge pages are of %d bytes, but a power of two up to 16Gi is expected; correct their size",
                ram.pageBytes());
    }

    private static void checkModule(MemoryModule module) {
        require(module.bytes() > 0, "a memory device has %d bytes; give it a size up to 64Ti", module.bytes());
        long[] parts = {module.labelBytes(), module.requestedBytes(), module.pluggedBytes()};
        for (long part : parts) {
            require(
                    part >= 0 && part <= module.bytes(),
                    "a part of a memory device has %d bytes, but between nothing and the device's size is expected; correct it",
                    part);
        }
    }

    private static void checkCount(String what, int count) {
        if (count < 0 || count > MAX_COUNT) {
            throw new IllegalArgumentException(
                    "there are %d %s, must be 0 to %d; leave some out".formatted(count, what, MAX_COUNT));
        }
    }

    private static void checkSize(String what, long bytes) {
        if (bytes < 0 || bytes > MAX_MEMORY_BYTES) {
            throw new IllegalArgumentException(
                    "the size of %s is %d bytes, but 0 to 64Ti are possible; correct it".formatted(what, bytes));
        }
    }

    /** Sizes are positive here; two of them can pass what a long holds. */
    private static long cappedSum(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    private static void require(boolean holds, String sentence, long found) {
        if (!holds) {
            throw new IllegalArgumentException(sentence.formatted(found));
        }
    }
}
