package dev.holdfast.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.host.pci.HostCapabilities;
import dev.holdfast.host.pci.HostCapabilities.Processor;
import dev.holdfast.host.pci.HostCapabilities.Seen;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.PciScan;
import dev.holdfast.host.pci.Sriov;
import dev.holdfast.host.pci.VfioState;
import dev.holdfast.host.usage.PciUse;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.testbed.fixtures.AgentObjects;
import dev.holdfast.testbed.fixtures.NodeReadinesses;
import dev.holdfast.testbed.fixtures.PciFunctionBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Checks all advice about a host's devices for steps that could harm the host. */
class HarmlessAdviceTest {
    private static final String MAIN = "0000:03:00.0";

    /** On the same card, on another card, and in the chipset. */
    private static final List<String> PLACES = List.of("0000:03:00.1", "0000:04:00.0", "0000:00:1f.2");

    private static final List<String> CLASSES = List.of(
            "030000", "030200", "120000", "040300", "0c8000", "068000", "010802", "010601", "010700", "080501",
            "020000", "020700", "028000", "0d8000", "0c0330", "0c0320", "0c0500", "060100", "050000", "108000",
            "118000", "000000");

    /** Functions that a host may need, defined here independently of the product. */
    private static final Pattern VITAL = Pattern.compile("01....|0805..|02....|0d....|0c03..");

    private static final Pattern UNBINDING = Pattern.compile(
            "(?<=[;,:] |and )bind (?<which>it|[0-9a-f:.]{12}(?: and [0-9a-f:.]{12})*) to vfio-pci(?<rest>[^;]*)");

    private static final PciUse USE = new PciUse.Mounted("nvme0n1p2", "/");
    private static final HostUse USED = address -> Optional.of(List.of(USE));
    private static final HostUse UNUSED = address -> Optional.of(List.of());

    @Test
    void unbindsNothingThatTheHostMayNeedWithoutAWarning() {
        int vital = 0;
        for (HostUse use : List.of(HostUse.UNSEEN, UNUSED, USED)) {
            for (String mainClass : CLASSES) {
                for (String driver : new String[] {"vfio-pci", "native", null}) {
                    vital += check(List.of(function(MAIN, mainClass, driver)), use);
                    for (String place : PLACES) {
                        for (String otherClass : CLASSES) {
                            vital += check(
                                    List.of(function(MAIN, mainClass, driver), function(place, otherClass, "native")),
                                    use);
                        }
                    }
                }
            }
        }
        assertThat(vital).as("messages about functions that the host may need").isGreaterThan(1000);
    }

    @Test
    void disablesOnlyUnusedVirtualFunctions() {
        PciFunction card = PciFunctionBuilder.at(MAIN)
                .classCode("020000")
                .driver("mlx5_core")
                .sriov(new Sriov.Physical(3, 8))
                .build();

        assertThat(message(List.of(card), UNUSED))
                .contains("pass the virtual functions through instead, or, if they are not used, write 0 to")
                .contains("is a network card, and its links are down without its driver");
    }

    @Test
    void neverBindsAVgpuOrAVariantToAnotherDriver() {
        for (String driver : List.of("mlx5_vfio_pci", "nvgrace_gpu_vfio_pci", "xe_vfio_pci")) {
            assertThat(message(List.of(function(MAIN, "030200", driver)), UNUSED))
                    .isNull();
        }
        PciFunctionBuilder vgpu =
                PciFunctionBuilder.at(MAIN).driver("nvidia").sriov(new Sriov.Virtual(PciAddress.parse("0000:02:00.0")));
        assertThat(message(List.of(vgpu.build()), UNUSED))
                .contains("leave it on the vendor's driver")
                .doesNotContain("vfio-pci");
        assertThat(message(List.of(vgpu.vgpuType(0).build()), UNUSED))
                .contains("has no vGPU type; write a number of", "creatable_vgpu_types")
                .doesNotContain("vfio-pci");
    }

    @Test
    void neverUnbindsTheDriverOfADividedDevice() {
        PciFunction vgpu = PciFunctionBuilder.at("0000:18:00.4")
                .driver("nvidia")
                .vfio(VfioState.REGISTERED)
                .vgpuType(1414)
                .sriov(new Sriov.Virtual(PciAddress.parse("0000:18:00.0")))
                .build();
        PciFunction network = PciFunctionBuilder.at("0000:19:00.0")
                .classCode("020000")
                .driver("mlx5_core")
                .sriov(new Sriov.Physical(2, 8))
                .build();

        assertThat(message(List.of(vgpu, network), UNUSED))
                .isEqualTo("0000:18:00.4 shares IOMMU group 7 with 0000:19:00.0, which is bound to mlx5_core; move the"
                        + " card to another slot, enable ACS in the firmware setup, or update the kernel, so that"
                        + " 0000:19:00.0 is in another group, then it will be offered; 0000:19:00.0 is a device that its"
                        + " driver has divided, or a part of one, and the parts vanish without its driver (see sriov_numvfs),"
                        + " so leave it to the host");
    }

    @ParameterizedTest
    @EnumSource(Processor.class)
    void namesIntelSettingsOnlyForIntel(Processor processor) {
        for (CheckResult finding : findings(processor)) {
            if (processor == Processor.OTHER) {
                assertThat(finding.message().replace("on Intel processors only, add intel_iommu=on", ""))
                        .doesNotContain("intel_iommu");
            } else if (processor != Processor.INTEL) {
                assertThat(finding.message()).doesNotContain("intel_iommu", "kvm_intel", "VT-d", "VT-x");
            }
            if (processor == Processor.ARM || processor == Processor.FOREIGN) {
                assertThat(finding.message()).doesNotContain("amd_iommu", "kvm_amd", "AMD", "nointremap");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Processor.class)
    void reportsWhatWasFoundBeforeWhatToDo(Processor processor) {
        assertThat(findings(processor)).allSatisfy(finding -> {
            assertThat(finding.message()).doesNotEndWith(".").matches("(?s)[a-z].*");
            assertThat(finding.message().contains(";")).isEqualTo(finding.holds() != CheckResult.Holds.TRUE);
        });
    }

    /** Returns the number of vital functions in the message. */
    private static int check(List<PciFunction> group, HostUse use) {
        String message = message(group, use);
        if (message == null) {
            return 0;
        }
        assertThat(message).contains("; ").doesNotEndWith(".");
        int vital = 0;
        for (PciFunction function : group) {
            boolean taken =
                    !function.onVfio() && message.contains(function.address().toString());
            if (!taken || !VITAL.matcher(function.classCode()).matches()) {
                continue;
            }
            vital++;
            assertThat(unbinding(message, function, group))
                    .as(message)
                    .allMatch(rest -> rest.contains("only if this host does not need"));
            assertThat(message)
                    .as("warning")
                    .containsPattern("(is|are each) a (storage controller|network card|USB contr)");
            assertThat(message)
                    .as("look at its use")
                    .contains(
                            use == USED
                                    ? "that this host uses now (nvme0n1p2 is mounted at /)"
                                    : use == UNUSED ? "no use of it by this host was found" : "(see ");
            if (otherCard(function, group)) {
                assertThat(message).as("other ways").contains("another slot", "ACS", "update the kernel");
                if (use == USED) {
                    assertThat(unbinding(message, function, group)).as(message).isEmpty();
                }
            }
        }
        group.stream()
                .filter(PciFunction::chipset)
                .forEach(function -> assertThat(unbinding(message, function, group))
                        .as(message)
                        .isEmpty());
        return vital;
    }

    private static boolean otherCard(PciFunction function, List<PciFunction> group) {
        return group.size() > 1
                && !group.getFirst().chipset()
                && function.address().toString().equals("0000:04:00.0");
    }

    /** Returns the texts after each advice to unbind a function's driver. */
    private static List<String> unbinding(String message, PciFunction function, List<PciFunction> group) {
        List<String> found = new ArrayList<>();
        Matcher advice = UNBINDING.matcher(message);
        while (advice.find()) {
            boolean meant = advice.group("which").equals("it")
                    ? message.substring(0, advice.start())
                                    .lastIndexOf(function.address().toString())
                            == lastAddress(message.substring(0, advice.start()), group)
                    : advice.group("which").contains(function.address().toString());
            if (meant) {
                found.add(advice.group("rest"));
            }
        }
        return found;
    }

    /** Returns the position of the function that "it" refers to. */
    private static int lastAddress(String text, List<PciFunction> group) {
        return group.stream()
                .mapToInt(function -> text.lastIndexOf(function.address().toString()))
                .max()
                .orElse(-1);
    }

    private static @Nullable String message(List<PciFunction> group, HostUse use) {
        return Inventory.of(
                        new HostFacts(new PciScan(group, List.of(), List.of()), NodeReadinesses.ready(), use),
                        List.of(AgentObjects.deviceClass(
                                "all",
                                List.of(new dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Selector(
                                        "10de", null, null, null, null, null)))),
                        Map.of(),
                        Inventory.EMPTY)
                .groups()
                .values()
                .stream()
                .findFirst()
                .map(DeviceGroup::message)
                .orElse(null);
    }

    private static PciFunction function(String address, String classCode, @Nullable String driver) {
        return PciFunctionBuilder.at(address)
                .classCode(classCode)
                .driver(driver)
                .build();
    }

    /** Returns all results for hosts with these processors. */
    private static List<CheckResult> findings(Processor processor) {
        List<CheckResult> findings = new ArrayList<>();
        for (Seen seen : Seen.values()) {
            for (Seen supported : Seen.values()) {
                for (int bits = 0; bits < 64; bits++) {
                    boolean groups = (bits & 1) != 0;
                    HostCapabilities machine = new HostCapabilities(
                            processor,
                            processor == Processor.ARM ? "aarch64" : processor == Processor.FOREIGN ? "riscv" : "x86",
                            groups,
                            !groups && (bits & 2) != 0,
                            seen,
                            supported,
                            seen,
                            39,
                            (bits & 4) != 0,
                            (bits & 8) != 0,
                            (bits & 16) != 0,
                            (bits & 32) != 0);
                    for (boolean emulation : new boolean[] {true, false}) {
                        new NodeReadiness(machine, emulation, null)
                                .conditions()
                                .forEach(condition -> findings.add(condition.result()));
                    }
                }
            }
        }
        return findings;
    }
}
