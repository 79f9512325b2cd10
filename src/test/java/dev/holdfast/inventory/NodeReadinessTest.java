package dev.holdfast.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.host.pci.HostCapabilities;
import dev.holdfast.host.pci.HostCapabilities.Processor;
import dev.holdfast.host.pci.HostCapabilities.Seen;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.inventory.CheckResult.Holds;
import dev.holdfast.testbed.fixtures.FakeSysfs;
import dev.holdfast.testbed.fixtures.NodeReadinesses;
import dev.holdfast.testbed.fixtures.SysfsTree;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeReadinessTest {
    @TempDir
    Path directory;

    @Test
    void findsNothingToDoOnAReadyMachine() {
        NodeReadiness readiness = NodeReadiness.of(new Sysfs(SysfsTree.make("two-a100", directory)), false);

        assertThat(readiness.obstacle()).isNull();
        assertThat(readiness.iommu().holds()).isEqualTo(Holds.TRUE);
        assertThat(readiness.interruptRemapping().holds()).isEqualTo(Holds.TRUE);
        assertThat(readiness.vfio().holds()).isEqualTo(Holds.TRUE);
        assertThat(readiness.kvmAvailable().holds()).isEqualTo(Holds.TRUE);
    }

    @Test
    void reportsAKernelThatDoesNotUseItsIommu() {
        NodeReadiness readiness = NodeReadiness.of(new Sysfs(SysfsTree.make("no-iommu", directory)), false);

        assertThat(readiness.iommu())
                .isEqualTo(CheckResult.bad(
                        "NotUsedByKernel",
                        "found no IOMMU group, though the firmware describes an IOMMU: the kernel does not use it;"
                                + " add intel_iommu=on to the kernel command line, without intel_iommu=off or iommu=off,"
                                + " then reboot"));
        assertThat(readiness.interruptRemapping().holds()).isEqualTo(Holds.UNKNOWN);
        assertThat(readiness.vfio().reason()).isEqualTo("NoDriver");
        assertThat(readiness.kvmAvailable().message()).contains("VT-x", "kvm_intel", "--allow-emulation");
    }

    @Test
    void refersToTheFirmwareWhenItDescribesNone() {
        CheckResult finding = iommu(Processor.AMD, Seen.NO);

        assertThat(finding.reason()).isEqualTo("NotInFirmware");
        assertThat(finding.message())
                .contains("the firmware describes no IOMMU", "AMD-Vi", "amd_iommu=off")
                .doesNotContain("intel_iommu");
    }

    @Test
    void namesBothRemediesWhenUnknown() {
        CheckResult finding = iommu(Processor.OTHER, Seen.UNKNOWN);

        assertThat(finding.reason()).isEqualTo("NoIommuGroup");
        assertThat(finding.message()).contains("VT-d, AMD-Vi or SMMU", "intel_iommu=on");
    }

    @Test
    void offersNothingWhereVfioWouldRefuse() {
        NodeReadiness readiness = remapping(Seen.NO, Seen.YES, false);

        assertThat(readiness.interruptRemapping().reason()).isEqualTo("NotRemapped");
        assertThat(readiness.obstacle())
                .isEqualTo(readiness.interruptRemapping().message())
                .contains("VFIO refuses", "intremap=off");
        assertThat(remapping(Seen.NO, Seen.NO, false).interruptRemapping().message())
                .contains("this IOMMU cannot", "allow_unsafe_interrupts=1");
    }

    @Test
    void warnsButOffersWhenUnsafeInterruptsAreAllowed() {
        NodeReadiness readiness = remapping(Seen.NO, Seen.NO, true);

        assertThat(readiness.interruptRemapping().holds()).isEqualTo(Holds.FALSE);
        assertThat(readiness.interruptRemapping().reason()).isEqualTo("UnsafeInterruptsAllowed");
        assertThat(readiness.obstacle()).isNull();
    }

    @Test
    void reportsUnknown() {
        NodeReadiness readiness = remapping(Seen.UNKNOWN, Seen.YES, false);

        assertThat(readiness.interruptRemapping().holds()).isEqualTo(Holds.UNKNOWN);
        assertThat(readiness.obstacle()).isNull();
    }

    @Test
    void reportsADriverWithoutItsDevice() throws java.io.IOException {
        new FakeSysfs(directory).vfio().kvm();
        Files.delete(directory.resolve("class/misc/vfio"));

        assertThat(NodeReadiness.of(new Sysfs(directory), false).vfio().reason())
                .isEqualTo("NoDevice");
    }

    @Test
    void acceptsEmulationWhereAllowed() {
        assertThat(NodeReadinesses.of(true, true, false, true).obstacle()).isNull();
        assertThat(NodeReadinesses.of(true, true, false, true).kvmAvailable().reason())
                .isEqualTo("EmulationAllowed");
        assertThat(NodeReadinesses.of(true, true, false, false).obstacle())
                .contains("load kvm_intel", "--allow-emulation");
    }

    @Test
    void reportsTheAddressWidthOfTheIommu() {
        HostCapabilities narrow = new HostCapabilities(
                Processor.INTEL, "x86", true, false, Seen.YES, Seen.YES, Seen.YES, 39, false, true, true, true);

        assertThat(new NodeReadiness(narrow, false, null).iommu().message())
                .isEqualTo("the kernel has made IOMMU groups, and the IOMMU translates addresses of 39 bits");
    }

    private static CheckResult iommu(Processor processor, Seen firmware) {
        return new NodeReadiness(
                        new HostCapabilities(
                                processor,
                                "",
                                false,
                                false,
                                firmware,
                                Seen.NO,
                                Seen.UNKNOWN,
                                null,
                                false,
                                true,
                                true,
                                true),
                        false,
                        null)
                .iommu();
    }

    private static NodeReadiness remapping(Seen used, Seen supported, boolean unsafe) {
        return new NodeReadiness(
                new HostCapabilities(
                        Processor.INTEL, "x86", true, false, Seen.YES, used, supported, null, unsafe, true, true, true),
                false,
                null);
    }
}
