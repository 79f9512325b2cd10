package dev.holdfast.host.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.holdfast.host.pci.HostCapabilities.Processor;
import dev.holdfast.host.pci.HostCapabilities.Seen;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.PciFunctionBuilder;
import dev.holdfast.testbed.fixtures.SysfsTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class SysfsTreesTest {
    static final List<String> NAMES = SysfsTree.NAMES;

    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    @TempDir
    Path directory;

    @ParameterizedTest
    @FieldSource("NAMES")
    void readsEachTreeAndSkipsOnlyWhatIsBroken(String name) throws IOException {
        PciScan scan = scan(name);

        assertThat(scan.functions())
                .isNotEmpty()
                .allSatisfy(function -> assertThat(function.pcieRoot()).startsWith("pci"));
        assertThat(scan.unread()).hasSize(name.equals("broken-device") ? 1 : 0);
        assertThat(scan.problems()).hasSize(name.equals("broken-device") ? 1 : 0);
    }

    @Test
    void readsAllFactsOfACard() throws IOException {
        assertThat(function(scan("two-a100"), "0000:83:00.0"))
                .isEqualTo(PciFunctionBuilder.at("0000:83:00.0")
                        .ids("10de:20b5")
                        .subsystem("10de:1533")
                        .group(44)
                        .numaNode(1)
                        .pcieRoot("pci0000:80")
                        .upstream("0000:80:01.1", "0000:81:00.0", "0000:82:00.0")
                        .bars(
                                new Bar(0, 16 * MIB, Bar.Type.mem32, false),
                                new Bar(1, 128 * GIB, Bar.Type.mem64, true),
                                new Bar(3, 32 * MIB, Bar.Type.mem64, true))
                        .resetMethods("flr", "bus")
                        .sriov(new Sriov.Physical(0, 20))
                        .build());
    }

    @Test
    void recognizesTheBootDisplay() throws IOException {
        assertThat(scan("consumer-gpu").functions())
                .filteredOn(PciFunction::bootVga)
                .extracting(function -> function.address().toString())
                .containsExactly("0000:00:02.0");
    }

    @Test
    void distinguishesPortsFromMemory() throws IOException {
        assertThat(function(scan("consumer-gpu"), "0000:01:00.0").bars())
                .last()
                .isEqualTo(new Bar(5, 128, Bar.Type.io, false));
    }

    @Test
    void distinguishesPhysicalFromVirtualFunctions() throws IOException {
        PciScan scan = scan("sriov");

        assertThat(function(scan, "0000:4d:00.0").sriov()).isEqualTo(new Sriov.Physical(3, 31));
        assertThat(function(scan, "0000:4d:00.2").sriov())
                .isEqualTo(new Sriov.Virtual(PciAddress.parse("0000:4d:00.0")));
    }

    @Test
    void treatsASwitchBetweenGpusAsAnEndpoint() throws IOException {
        PciScan scan = scan("h100-sxm");

        assertThat(function(scan, "0000:07:00.0").chipset()).isFalse();
        assertThat(function(scan, "0000:15:01.0").chipset()).isTrue();
        assertThat(scan.functions()).filteredOn(PciFunction::bridge).hasSize(6);
    }

    @Test
    void keepsDomainsApart() throws IOException {
        assertThat(scan("two-domains").functions())
                .filteredOn(PciFunction::display)
                .extracting(function -> function.address().toString(), PciFunction::pcieRoot)
                .containsExactly(
                        tuple("000c:01:00.0", "pci000c:00"),
                        tuple("000d:01:00.0", "pci000d:00"),
                        tuple("10000:01:00.0", "pci10000:00"));
    }

    @Test
    void hasNoNumaNodeWhenTheFirmwareReportsNone() throws IOException {
        assertThat(scan("numa-minus-one").functions())
                .extracting(PciFunction::numaNode)
                .containsOnlyNulls();
    }

    @Test
    void remembersTheGroupOfWhatItCannotRead() throws IOException {
        PciScan scan = scan("broken-device");

        assertThat(scan.unread()).containsExactly(new PciScan.Unread(PciAddress.parse("0000:17:00.1"), 81));
        assertThat(scan.problems())
                .singleElement()
                .asString()
                .isEqualTo("skipped PCI function 0000:17:00.1, since it has no file class");
    }

    @Test
    void readsHostCapabilities() {
        assertThat(machine("two-a100")).isEqualTo(machine(Processor.AMD, "x86", Seen.UNKNOWN, 64));
        assertThat(machine("h100-sxm")).isEqualTo(machine(Processor.INTEL, "x86", Seen.YES, 57));
        assertThat(machine("two-domains")).isEqualTo(machine(Processor.ARM, "aarch64", Seen.UNKNOWN, null));
        assertThat(machine("no-iommu"))
                .isEqualTo(new HostCapabilities(
                        Processor.INTEL,
                        "x86",
                        false,
                        false,
                        Seen.YES,
                        Seen.NO,
                        Seen.UNKNOWN,
                        null,
                        false,
                        false,
                        false,
                        false));
    }

    private static HostCapabilities machine(
            Processor processor, String architecture, Seen remappingHardware, @Nullable Integer iommuAddressBits) {
        return new HostCapabilities(
                processor,
                architecture,
                true,
                false,
                Seen.YES,
                Seen.YES,
                remappingHardware,
                iommuAddressBits,
                false,
                true,
                true,
                true);
    }

    @Test
    void hasNoCapabilitiesForAnEmptyTree() {
        assertThat(new Sysfs(directory).capabilities()).isEqualTo(HostCapabilities.UNSEEN);
    }

    private PciScan scan(String name) throws IOException {
        return new Sysfs(SysfsTree.make(name, directory)).scan();
    }

    private HostCapabilities machine(String name) {
        return new Sysfs(SysfsTree.make(name, directory.resolve(name))).capabilities();
    }

    private static PciFunction function(PciScan scan, String address) {
        return scan.functions().stream()
                .filter(function -> function.address().toString().equals(address))
                .findFirst()
                .orElseThrow();
    }
}
