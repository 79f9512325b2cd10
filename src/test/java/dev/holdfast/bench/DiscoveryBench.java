package dev.holdfast.bench;

import dev.holdfast.host.pci.PciScan;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** One observation of a bus with 256 functions, each of which has all attributes that are read. */
final class DiscoveryBench implements Bench {
    private static final int FUNCTIONS = 256;
    private static final int WARM_UP = 30;
    private static final int SCANS = 20;
    private static final Duration BUDGET = Duration.ofMillis(50);

    @Override
    public String name() {
        return "discovery";
    }

    @Override
    public List<Figure> measure() throws IOException {
        Path root = Files.createTempDirectory("discovery");
        try {
            Duration median = median(root);
            return List.of(new Figure(
                    "scan of %d PCI functions, median of %d".formatted(FUNCTIONS, SCANS),
                    "%.1f ms".formatted(median.toNanos() / 1e6),
                    "<= %d ms".formatted(BUDGET.toMillis()),
                    median.compareTo(BUDGET) <= 0));
        } finally {
            try (Stream<Path> all = Files.walk(root)) {
                for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    private static Duration median(Path root) throws IOException {
        fill(new FakeSysfs(root));
        Sysfs sysfs = new Sysfs(root);
        for (int i = 0; i < WARM_UP; i++) {
            look(sysfs);
        }
        long[] nanos = new long[SCANS];
        for (int i = 0; i < SCANS; i++) {
            long start = System.nanoTime();
            look(sysfs);
            nanos[i] = System.nanoTime() - start;
        }
        return Duration.ofNanos(LongStream.of(nanos).sorted().toArray()[SCANS / 2]);
    }

    private static void look(Sysfs sysfs) throws IOException {
        PciScan scan = sysfs.scan();
        if (scan.functions().size() != FUNCTIONS || !scan.problems().isEmpty()) {
            throw new IllegalStateException("expected " + FUNCTIONS + " functions, found "
                    + scan.functions().size() + " and the problems " + scan.problems());
        }
    }

    private static void fill(FakeSysfs fake) throws IOException {
        for (int i = 0; i < FUNCTIONS; i++) {
            Files.createDirectories(fake.root().resolve("class/vfio").resolve(Integer.toString(i)));
        }
        String resource = "0x00000000fa000000 0x00000000faffffff 0x0000000000040200\n"
                + "0x0000380000000000 0x000039ffffffffff 0x000000000014220c\n"
                + "0x0000000000000000 0x0000000000000000 0x0000000000000000\n".repeat(11);
        IntStream.range(0, FUNCTIONS)
                .forEach(i -> fake.function("0000:%02x:%02x.0".formatted(i / 32, i % 32), "10de:20b5", "030200")
                        .subsystem("10de", "1533")
                        .driver("vfio-pci")
                        .group(i)
                        .registered()
                        .numa(i % 2)
                        .file("resource", resource)
                        .file("reset_method", "flr bus\n")
                        .file("boot_vga", "0\n")
                        .file("sriov_totalvfs", "20\n")
                        .file("sriov_numvfs", "0\n"));
    }
}
