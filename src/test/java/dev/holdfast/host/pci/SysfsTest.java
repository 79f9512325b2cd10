package dev.holdfast.host.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.testbed.fixtures.FakeSysfs;
import dev.holdfast.testbed.fixtures.PciFunctionBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SysfsTest {
    @TempDir
    Path directory;

    private FakeSysfs fake;
    private Sysfs sysfs;

    @BeforeEach
    void emptyTree() {
        fake = new FakeSysfs(directory);
        sysfs = new Sysfs(directory);
    }

    @Test
    void readsAllFactsOfAFunction() throws IOException {
        fake.function("0000:03:00.0", "10de:20f1", "030200")
                .subsystem("10de", "145f")
                .driver("vfio-pci")
                .group(7)
                .numa(1);

        assertThat(sysfs.scan().functions())
                .containsExactly(PciFunctionBuilder.at("0000:03:00.0")
                        .subsystem("10de:145f")
                        .numaNode(1)
                        .pcieRoot("pci0000:00")
                        .build());
    }

    @Test
    void leavesUnknownFactsOut() throws IOException {
        fake.function("0000:00:02.0", "8086:9bc5", "030000").without("numa_node");

        assertThat(sysfs.scan().functions())
                .containsExactly(PciFunctionBuilder.at("0000:00:02.0")
                        .ids("8086:9bc5")
                        .classCode("030000")
                        .driver(null)
                        .group(null)
                        .pcieRoot("pci0000:00")
                        .build());
    }

    @Test
    void listsFunctionsInBusOrder() throws IOException {
        List.of("0000:0a:00.0", "0000:02:00.1", "0000:02:00.0")
                .forEach(address -> fake.function(address, "10de:20f1", "030200"));

        assertThat(sysfs.scan().functions().stream().map(f -> f.address().toString()))
                .containsExactly("0000:02:00.0", "0000:02:00.1", "0000:0a:00.0");
    }

    @Test
    void reportsAndSkipsOneBadFunction() throws IOException {
        fake.function("0000:01:00.0", "10de:20f1", "030200").without("vendor");
        fake.function("0000:02:00.0", "10de:20f1", "030200").file("class", "garbage\n");
        fake.function("not-an-address", "10de:20f1", "030200");
        fake.function("0000:04:00.0", "10de:20f1", "030200");

        PciScan scan = sysfs.scan();

        assertThat(scan.functions())
                .singleElement()
                .satisfies(function -> assertThat(function.address()).hasToString("0000:04:00.0"));
        assertThat(scan.problems())
                .hasSize(3)
                .anySatisfy(problem ->
                        assertThat(problem).isEqualTo("skipped PCI function 0000:01:00.0, since it has no file vendor"))
                .anySatisfy(problem -> assertThat(problem).contains("0000:02:00.0", "found \"garbage\""))
                .anySatisfy(problem -> assertThat(problem)
                        .startsWith("skipped PCI function not-an-address, since its address must be like"));
    }

    @Test
    void recognizesBridgesByTheirHeader() throws IOException {
        fake.function("0000:00:00.0", "8086:29c0", "060000").header(0x00);
        fake.function("0000:00:1c.0", "8086:a338", "060400").header(0x81);
        fake.function("0000:00:1f.0", "8086:a305", "060100").header(0x80);
        fake.function("0000:03:00.0", "10de:20f1", "030200").header(0x80);

        assertThat(sysfs.scan().functions().stream().filter(PciFunction::bridge))
                .singleElement()
                .satisfies(bridge -> assertThat(bridge.address()).hasToString("0000:00:1c.0"));
    }

    @Test
    void recognizesBridgesByTheirClassWithoutAHeader() throws IOException {
        fake.function("0000:00:00.0", "8086:29c0", "060000");
        fake.function("0000:00:1c.0", "8086:a338", "060400");

        assertThat(sysfs.scan().functions()).extracting(PciFunction::bridge).containsExactly(false, true);
    }

    @Test
    void refusesADirectoryThatIsNotASysfs() {
        Sysfs elsewhere = new Sysfs(directory.resolve("nowhere"));

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(elsewhere::scan)
                .withMessageContaining("nowhere/bus/pci/devices")
                .withMessageContaining("give the path at which sysfs is mounted, usually /sys");
    }

    @Test
    void readsEveryFunctionOfABigNode() throws IOException {
        IntStream.range(0, 256)
                .forEach(i -> fake.function("0000:%02x:%02x.%d".formatted(i / 32, i % 32, 0), "10de:20f1", "030200")
                        .subsystem("10de", "145f")
                        .driver("vfio-pci")
                        .group(i)
                        .numa(0));

        assertThat(sysfs.scan().functions()).hasSize(256);
    }
}
