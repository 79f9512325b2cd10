package dev.holdfast.bench;

import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.plan.pod.PodOverhead;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.qemu.shape.GuestPaths;
import dev.holdfast.testbed.Build;
import dev.holdfast.testbed.fixtures.Shapes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Memory of QEMU and the stop hook in addition to the guest's, compared with the terms of a pod's memory. A cgroup charges
 * a process its anonymous memory, its page tables and the stacks of its threads in the kernel; pages of files can be
 * reclaimed. QEMU emulates the processor here: memory of KVM and the IOMMU is not measured.
 */
final class OverheadBench implements Bench {
    private static final long KIB = 1024;
    private static final double MIB = 1024.0 * 1024;
    private static final long GIB = 1L << 30;

    /** THREAD_SIZE of x86-64. */
    private static final long KERNEL_STACK_BYTES = 16 * KIB;

    private static final int MANY_VCPUS = 64;
    private static final int DISKS = 8;
    private static final NodeFacts EMULATED = new NodeFacts(Accelerator.TCG, Map.of());

    /** By then firmware has scanned the bus, and found no boot device. */
    private static final Duration FIRMWARE = Duration.ofSeconds(8);

    private static final Duration HOOK = Duration.ofSeconds(10);

    /** Memory of one process. */
    private record Memory(long steadyBytes, long peakBytes, long tableBytes) {}

    @Override
    public String name() {
        return "overhead";
    }

    @Override
    public List<Figure> measure() throws Exception {
        Path folder = Files.createTempDirectory("overhead");
        try {
            return measure(folder);
        } finally {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    private static List<Figure> measure(Path folder) throws Exception {
        List<Figure> figures = new ArrayList<>();
        Memory plain = qemu(folder, argv(folder, GIB, "reserve=off", Video.NONE, 1));
        figures.add(figure(
                "QEMU, 1 vCPU, 1 GiB untouched",
                plain.peakBytes,
                PodOverhead.QEMU_BASE_BYTES + PodOverhead.VCPU_BYTES + GIB / PodOverhead.GUEST_BYTES_PER_BITMAP_BYTE));
        Memory eight = qemu(folder, argv(folder, GIB, "reserve=off", Video.NONE, 8));
        Memory many = qemu(folder, argv(folder, GIB, "reserve=off", Video.NONE, MANY_VCPUS));
        figures.add(figure("each vCPU of 8", (eight.peakBytes - plain.peakBytes) / 7, PodOverhead.VCPU_BYTES));
        figures.add(figure(
                "each vCPU of " + MANY_VCPUS,
                (many.peakBytes - plain.peakBytes) / (MANY_VCPUS - 1),
                PodOverhead.VCPU_BYTES));
        for (long gib : List.of(64L, 512L)) {
            Memory big = qemu(folder, argv(folder, gib * GIB, "reserve=off", Video.NONE, 1));
            figures.add(figure(
                    "each GiB of %d, untouched".formatted(gib),
                    (big.steadyBytes - plain.steadyBytes) / (gib - 1),
                    GIB / PodOverhead.GUEST_BYTES_PER_BITMAP_BYTE));
        }
        Memory touched = qemu(folder, argv(folder, GIB, "prealloc=on", Video.NONE, 1));
        Memory twice = qemu(folder, argv(folder, 2 * GIB, "prealloc=on", Video.NONE, 1));
        figures.add(figure(
                "page tables of each GiB, touched",
                twice.tableBytes - touched.tableBytes,
                GIB / PodOverhead.GUEST_BYTES_PER_TABLE_BYTE));
        Memory vga = qemu(folder, argv(folder, GIB, "reserve=off", Video.VGA, 1));
        figures.add(figure("VGA of 16 MiB", vga.steadyBytes - plain.steadyBytes, 16L << 20));
        figures.addAll(devices(folder, "disk", OverheadBench::disks, plain, many, PodOverhead.DISK_BYTES));
        figures.addAll(
                devices(folder, "interface", OverheadBench::interfaces, plain, many, PodOverhead.INTERFACE_BYTES));
        figures.add(figure("stop hook, without AOT cache", hook(folder), PodOverhead.JAVA_HOOK_BYTES));
        return figures;
    }

    @FunctionalInterface
    private interface Devices {
        List<String> in(Path folder) throws IOException;
    }

    private static List<Figure> devices(
            Path folder, String what, Devices devices, Memory plain, Memory many, long budgetBytes) throws Exception {
        List<String> few = argv(folder, GIB, "reserve=off", Video.NONE, 1);
        few.addAll(devices.in(folder));
        List<String> lot = argv(folder, GIB, "reserve=off", Video.NONE, MANY_VCPUS);
        lot.addAll(devices.in(folder));
        return List.of(
                figure(
                        "each %s of %d, at the peak".formatted(what, DISKS),
                        (qemu(folder, few).peakBytes - plain.peakBytes) / DISKS,
                        budgetBytes),
                figure(
                        "each %s of %d, %d vCPUs, steady".formatted(what, DISKS, MANY_VCPUS),
                        (qemu(folder, lot).steadyBytes - many.steadyBytes) / DISKS,
                        budgetBytes));
    }

    private static List<String> argv(Path folder, long guestBytes, String memory, Video video, int vcpus) {
        List<String> argv = new ArrayList<>(QemuArgv.of(Shapes.of(guestBytes, null, video, null, List.of()), EMULATED));
        argv.replaceAll(word -> word.replace(GuestPaths.QMP_SOCKET, socket(folder))
                .replaceFirst("^(memory-backend-ram,.*)$", "$1," + memory));
        argv.set(argv.indexOf("-smp") + 1, "cpus=" + vcpus);
        return argv;
    }

    private static List<String> disks(Path folder) throws IOException {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < DISKS; i++) {
            Path image = folder.resolve("disk" + i);
            Files.write(image, new byte[1 << 20]);
            words.addAll(List.of("-blockdev", "driver=file,node-name=disk%d,filename=%s".formatted(i, image)));
            words.addAll(port(i));
            words.addAll(List.of("-device", "virtio-blk-pci,drive=disk%d,bus=port%d".formatted(i, i)));
        }
        return words;
    }

    private static List<String> interfaces(Path folder) {
        return IntStream.range(0, DISKS)
                .mapToObj(i -> Stream.concat(
                        port(i).stream(),
                        Stream.of(
                                "-netdev",
                                "user,id=net%d,restrict=on".formatted(i),
                                "-device",
                                "virtio-net-pci,netdev=net%d,bus=port%d".formatted(i, i))))
                .flatMap(words -> words)
                .toList();
    }

    private static List<String> port(int number) {
        return List.of("-device", "pcie-root-port,id=port%d,chassis=%d".formatted(number, 1 + number));
    }

    private static Memory qemu(Path folder, List<String> argv) throws IOException, InterruptedException {
        Process qemu = start(folder, argv);
        try {
            return watch(qemu, FIRMWARE, folder);
        } finally {
            qemu.destroyForcibly().waitFor();
        }
    }

    /** The packaged command with a QEMU whose guest ignores the power button. */
    private static long hook(Path folder) throws IOException, InterruptedException {
        Process qemu = start(folder, argv(folder, 64L << 20, "reserve=off", Video.NONE, 1));
        try {
            watch(qemu, Duration.ofSeconds(2), folder);
            List<String> command = List.of(
                    Build.here().holdfast().toString(), "shutdown", "--timeout=60", "--socket=" + socket(folder));
            Process hook = start(folder, command);
            try {
                return watch(hook, HOOK, folder).peakBytes;
            } finally {
                hook.destroyForcibly().waitFor();
            }
        } finally {
            qemu.destroyForcibly().waitFor();
        }
    }

    private static Process start(Path folder, List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }

    /** The process at the end of that time, and at its peak. */
    private static Memory watch(Process process, Duration time, Path folder) throws IOException, InterruptedException {
        if (process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("the process ended: " + Files.readString(folder.resolve("output")));
        }
        Map<String, Long> status = status(process.pid());
        long tables = bytes(status, "VmPTE");
        long kernel = tables + bytes(status, "Threads") / KIB * KERNEL_STACK_BYTES;
        long files = bytes(status, "RssFile");
        return new Memory(bytes(status, "VmRSS") - files + kernel, bytes(status, "VmHWM") - files + kernel, tables);
    }

    private static long bytes(Map<String, Long> status, String field) {
        return Objects.requireNonNull(status.get(field), field) * KIB;
    }

    private static Map<String, Long> status(long pid) throws IOException {
        Map<String, Long> numbers = new HashMap<>();
        for (String line : Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status"))) {
            String[] words = line.split("\\s+");
            if (words.length > 1 && words[1].matches("\\d+")) {
                numbers.put(words[0].replace(":", ""), Long.valueOf(words[1]));
            }
        }
        return numbers;
    }

    private static String socket(Path folder) {
        return folder.resolve("qmp.sock").toString();
    }

    private static Figure figure(String what, long bytes, long budgetBytes) {
        return new Figure(what, mib(bytes), "<= " + mib(budgetBytes), bytes <= budgetBytes);
    }

    private static String mib(long bytes) {
        return "%.2f MiB".formatted(bytes / MIB);
    }
}
