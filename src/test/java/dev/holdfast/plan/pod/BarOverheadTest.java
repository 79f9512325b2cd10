package dev.holdfast.plan.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.node.BarType;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceBar;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.memlock.Term;
import dev.holdfast.plan.claims.DynamicResources;
import dev.holdfast.plan.machine.DeviceClassName;
import dev.holdfast.plan.machine.DeviceSource;
import dev.holdfast.plan.observed.ReportedNodes;
import dev.holdfast.testbed.fixtures.DeviceBuilder;
import dev.holdfast.testbed.fixtures.MachineSpecs;
import dev.holdfast.testbed.fixtures.Samples;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Page tables for BARs, and the source of their sizes. */
public final class BarOverheadTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    /** An A100 with 80 GiB, with BARs of 16 MiB, 128 GiB and 32 MiB. */
    public static final Device A100 = DeviceBuilder.at("0000:41:00.0")
            .group(7, "0000:41:00.0")
            .deviceClass("nvidia-a100")
            .bars(
                    new DeviceBar(0, 16 * MIB, BarType.mem32, false),
                    new DeviceBar(1, 128 * GIB, BarType.mem64, true),
                    new DeviceBar(3, 32 * MIB, BarType.mem64, true),
                    new DeviceBar(5, 128, BarType.io, false))
            .build();

    private static final DeviceSource A100S = new DeviceSource.OfClass(new DeviceClassName("nvidia-a100"));

    private static final Device AUDIO = DeviceBuilder.at("0000:41:00.1")
            .group(7, "0000:41:00.0")
            .deviceClass("nvidia-a100")
            .bars(new DeviceBar(0, 2 * GIB, BarType.mem64, true))
            .build();

    @ParameterizedTest
    @CsvSource({"1, 258, 1", "4, 1029, 3", "8, 2057, 5"})
    void growsWithEachDevice(int count, long tablesMib, long iommuMib) {
        assertThat(terms(gpus(count, ""), List.of(Samples.node(List.of(A100)))))
                .containsExactly(
                        Map.entry("bar-page-tables", tablesMib),
                        Map.entry("kvm-bar-page-tables", tablesMib),
                        Map.entry("iommu-bar-page-tables", iommuMib));
    }

    /** Huge pages are only for the guest's memory; before Linux 6.12 BARs are always mapped with small pages. */
    @Test
    void requestsTheSameWithHugePages() {
        List<PassthroughNode> nodes = List.of(Samples.node(List.of(A100)));

        assertThat(terms(gpus(8, ", hugepages: {pageSize: 1Gi}"), nodes)).isEqualTo(terms(gpus(8, ""), nodes));
    }

    @Test
    void usesTheLargestReportedDeviceWithItsCompanions() {
        PassthroughNode plain = Samples.node(List.of(A100));
        PassthroughNode companion = Samples.node(List.of(A100, AUDIO));

        assertThat(bars(gpus(1, ""), List.of(plain, companion)).sources())
                .containsExactly(new BarOverhead.SourceBars(A100S, 1, 130 * GIB + 48 * MIB, false));
    }

    /** Only the main function is passed through, and the IOMMU has tables for each device. */
    @Test
    void countsOnlyTheMainFunctionWhenTheGuestHasAnIommu() {
        List<PassthroughNode> nodes = List.of(Samples.node(List.of(A100, AUDIO)));
        String spec = """
                memory: {guest: 32Gi}
                devices: {iommu: {model: intel}, gpus: [{name: a, deviceName: holdfast.dev/nvidia-a100}, {name: b, deviceName: holdfast.dev/nvidia-a100}]}
                """;

        assertThat(bars(spec, nodes).sources())
                .containsExactly(new BarOverhead.SourceBars(A100S, 2, 128 * GIB + 48 * MIB, false));
        assertThat(terms(spec, nodes))
                .contains(Map.entry("bar-page-tables", 515L), Map.entry("iommu-bar-page-tables", 3L));
    }

    @Test
    void assumesAndReportsASizeForAClassThatNoNodeReports() {
        PodPlan.Ready plan = (PodPlan.Ready) VmPod.of(Samples.vm("""
                memory: {guest: 1Gi}
                devices:
                  gpus: [{name: gpu0, deviceName: holdfast.dev/nvidia-a100}]
                  hostDevices: [{name: nic0, deviceName: holdfast.dev/cx6}]
                """), Samples.DEFAULTS.pod());

        assertThat(plan.assumptions())
                .containsExactly(
                        "no node reports the BARs of holdfast.dev/cx6; 16.0Gi assumed for each",
                        "no node reports the BARs of holdfast.dev/nvidia-a100; 256.0Gi assumed for each");
        assertThat(plan.pod().getMetadata().getAnnotations())
                .containsEntry("holdfast.dev/bar-sizes", "cx6=16384Mi assumed,nvidia-a100=262144Mi assumed");
        assertThat(plan.overhead().stream()
                        .filter(term -> term.name().equals("bar-page-tables"))
                        .map(Term::reason))
                .containsExactly(
                        "QEMU's page tables for BARs, 8 bytes for each 4 KiB: 1 × holdfast.dev/cx6 with 16.0Gi (assumed, no node reports one), 1 × holdfast.dev/nvidia-a100 with 256.0Gi (assumed, no node reports one)");
    }

    /** Which device a claim allocates is unknown when the pod is made. */
    @Test
    void assumesAndReportsASizeForEachDeviceByClaim() {
        PodPlan.Ready plan = (PodPlan.Ready) VmPod.of(
                Samples.vm("""
                memory: {guest: 1Gi}
                devices:
                  gpus: [{name: gpu0, claimName: pair, requestName: gpu}, {name: gpu1, deviceName: holdfast.dev/nvidia-a100}]
                  hostDevices: [{name: nic0, claimName: pair, requestName: nic}, {name: nic1, claimName: nic}]
                resourceClaims: [{name: pair, resourceClaimTemplateName: pair}, {name: nic, resourceClaimName: nic}]
                """), Samples.DEFAULTS.pod(), ReportedNodes.of(List.of(Samples.node(List.of(A100)))));

        assertThat(plan.assumptions())
                .containsExactly(
                        "the device of request gpu of claim pair is unknown before the claim is allocated; BARs of 256.0Gi assumed",
                        "the device of request nic of claim pair is unknown before the claim is allocated; BARs of 16.0Gi assumed",
                        "the device of claim nic is unknown before the claim is allocated; BARs of 16.0Gi assumed");
        assertThat(plan.pod().getMetadata().getAnnotations())
                .containsEntry(
                        "holdfast.dev/bar-sizes",
                        "nvidia-a100=131120Mi,claim/pair/gpu=262144Mi assumed,claim/pair/nic=16384Mi assumed,claim/nic=16384Mi assumed");
        assertThat(plan.overhead().stream()
                        .filter(term -> term.name().equals("bar-page-tables"))
                        .map(Term::reason))
                .containsExactly(
                        "QEMU's page tables for BARs, 8 bytes for each 4 KiB: 1 × holdfast.dev/nvidia-a100 with 128.0Gi, request gpu of claim pair with 256.0Gi (assumed), request nic of claim pair with 16.0Gi (assumed), claim nic with 16.0Gi (assumed)");
    }

    @Test
    void usesTheReportOfAnyNode() {
        PodPlan.Ready plan = (PodPlan.Ready) VmPod.of(
                Samples.vm(gpus(1, "")),
                Samples.DEFAULTS.pod(),
                ReportedNodes.of(List.of(Samples.node(List.of(A100)))));

        assertThat(plan.assumptions()).isEmpty();
        assertThat(plan.pod().getMetadata().getAnnotations())
                .containsEntry("holdfast.dev/bar-sizes", "nvidia-a100=131120Mi");
    }

    /** A report of one node's agent affects the pods of all nodes. */
    @Test
    void limitsTheSizesOfAReport() {
        Random random = new Random(6);
        for (int i = 0; i < 1000; i++) {
            List<Device> devices = new ArrayList<>();
            for (int n = 0; n < 8; n++) {
                devices.add(DeviceBuilder.at("0000:41:00." + n)
                        .group(7, "0000:41:00.0")
                        .deviceClass("nvidia-a100")
                        .bars(
                                new DeviceBar(0, random.nextLong(), BarType.mem64, true),
                                new DeviceBar(2, Long.MAX_VALUE - random.nextInt(2), BarType.mem64, true),
                                new DeviceBar(4, Long.MIN_VALUE, BarType.mem32, true))
                        .build());
            }

            assertThat(bars(gpus(32, ""), List.of(Samples.node(devices))).sources())
                    .allSatisfy(one -> assertThat(one.bytes()).isEqualTo(1L << 40));
        }
    }

    public static String gpus(int count, String memory) {
        return "memory: {guest: 32Gi%s}\ndevices: {gpus: [%s]}\n"
                .formatted(
                        memory,
                        IntStream.range(0, count)
                                .mapToObj("{name: g%d, deviceName: holdfast.dev/nvidia-a100}"::formatted)
                                .collect(Collectors.joining(", ")));
    }

    private static BarOverhead bars(String spec, List<PassthroughNode> nodes) {
        return BarOverhead.of(MachineSpecs.of(spec), ReportedNodes.of(nodes).bars(), DynamicResources.unknown());
    }

    /** Returns the terms in MiB, by name. */
    private static List<Map.Entry<String, Long>> terms(String spec, List<PassthroughNode> nodes) {
        return bars(spec, nodes).terms().stream()
                .map(term -> Map.entry(term.name(), term.bytes() / MIB))
                .toList();
    }
}
