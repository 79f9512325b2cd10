package dev.holdfast.memlock;

import dev.holdfast.memlock.MemlockInput.Accounting;
import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.GuestMemory;
import dev.holdfast.memlock.MemlockInput.MemoryModule;
import dev.holdfast.memlock.MemlockInput.Ram;
import java.util.stream.LongStream;

/** Bounds of a machine's properties; within them no sum can overflow. */
final class InputBounds {
    static final long MIN_GUEST_BYTES = 1L << 20;
    static final long MAX_MEMORY_BYTES = 64L << 40;
    private static final long MIN_PAGE_BYTES = 1L << 12;
    private static final long MAX_PAGE_BYTES = 1L << 20;
    private static final long MAX_HUGE_PAGE_BYTES = 16L << 30;

    /** More than any machine has: QEMU supports 256 PCI buses with 32 devices each, and 128 NUMA cells. */
    private static final int MAX_COUNT = 1024;

    /** Size of the address space of 52 physical address bits. */
    private static final long MAX_ADDRESS_BYTES = 4L << 50;

    private InputBounds() {}

    /**
     * @throws IllegalArgumentException if a number is out of range; the message is for the user
     */
    static void check(MemlockInput input) {
        checkMemory(input.memory());
        checkMaximum(input);
        long page = input.platform().pageBytes();
        require(
                Long.bitCount(page) == 1 && page >= MIN_PAGE_BYTES && page <= MAX_PAGE_BYTES,
                "page size is %d bytes, must be a power of two from 4Ki to 1Mi; use the host's getconf PAGESIZE",
                page);
        Devices devices = input.devices();
        checkCount("devices", devices.vfio());
        checkCount("nvme disks", devices.nvmeDisks());
        checkCount("vdpa interfaces", devices.vdpaInterfaces());
        checkCount("vdpa disks", devices.vdpaDisks());
        checkCount("emulated network interfaces", input.emulated().nicRoms());
        checkCount("displays", input.displays().size());
        checkCount("RAM BARs", input.emulated().ramBarBytes().size());
        Integer bridges = input.platform().hostBridges();
        checkCount("PCI host bridges", bridges == null ? 0 : bridges);
        input.emulated().ramBarBytes().forEach(bytes -> checkSize("a RAM BAR", bytes));
        checkSize("all RAM BARs", input.emulated().ramBarBytes().stream().reduce(0L, InputBounds::cappedSum));
        Accounting accounting = input.accounting();
        checkCount("devices in a container", accounting.containerDevices());
        require(
                accounting.containerDevices() <= devices.vfio(),
                "%d devices are in a container, must be at most the number of all devices; correct it",
                accounting.containerDevices());
        checkSize("the BARs of assigned devices", accounting.barBytes());
        checkSize("memory locked by other processes of the user", accounting.otherUserBytes());
    }

    private static void checkMemory(GuestMemory memory) {
        LongStream sizes = LongStream.concat(
                memory.ram().stream().mapToLong(Ram::bytes),
                memory.modules().stream().mapToLong(MemoryModule::bytes));
        memory.ram().forEach(InputBounds::checkRam);
        memory.modules().forEach(InputBounds::checkModule);
        long guest = memory.ram().stream().mapToLong(Ram::bytes).reduce(0, InputBounds::cappedSum);
        require(
                guest >= MIN_GUEST_BYTES,
                "guest memory is %d bytes, must be 1Mi to 64Ti; set a size in that range",
                guest);
        long all = sizes.reduce(0, InputBounds::cappedSum);
        require(
                all <= MAX_MEMORY_BYTES,
                "guest memory is %d bytes, must be 1Mi to 64Ti; set a size in that range",
                all);
        checkCount("backends of guest memory", memory.ram().size());
        checkCount("memory devices", memory.modules().size());
        Long hardLimit = memory.hardLimitBytes();
        require(
                hardLimit == null || hardLimit >= 0,
                "the hard limit is %d bytes, must be at least 0; correct or remove it",
                hardLimit == null ? 0 : hardLimit);
    }

    /**
     * Checks the maximum memory. Only on Power it is part of a sum; otherwise every value that libvirt accepts is
     * allowed.
     */
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
                "guest memory is %d bytes, must be 1Mi to 64Ti; set a size in that range",
                ram.bytes());
        require(
                ram.pageBytes() == 0 || (Long.bitCount(ram.pageBytes()) == 1 && ram.pageBytes() <= MAX_HUGE_PAGE_BYTES),
                "huge pages have %d bytes, must be a power of two and at most 16Gi; correct their size",
                ram.pageBytes());
    }

    private static void checkModule(MemoryModule module) {
        require(
                module.bytes() > 0,
                "a memory device has %d bytes, must have more than 0 and at most 64Ti; correct its size",
                module.bytes());
        long[] parts = {module.labelBytes(), module.requestedBytes(), module.pluggedBytes()};
        for (long part : parts) {
            require(
                    part >= 0 && part <= module.bytes(),
                    "a part of a memory device has %d bytes, must be 0 to the size of the device; correct it",
                    part);
        }
    }

    private static void checkCount(String what, int count) {
        if (count < 0 || count > MAX_COUNT) {
            throw new IllegalArgumentException(
                    "there are %d %s, must be 0 to %d; remove some".formatted(count, what, MAX_COUNT));
        }
    }

    private static void checkSize(String what, long bytes) {
        if (bytes < 0 || bytes > MAX_MEMORY_BYTES) {
            throw new IllegalArgumentException(
                    "the size of %s is %d bytes, must be 0 to 64Ti; correct it".formatted(what, bytes));
        }
    }

    /** Adds two positive sizes, whose sum can exceed a long; the sum is then capped. */
    private static long cappedSum(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    private static void require(boolean holds, String message, long found) {
        if (!holds) {
            throw new IllegalArgumentException(message.formatted(found));
        }
    }
}
