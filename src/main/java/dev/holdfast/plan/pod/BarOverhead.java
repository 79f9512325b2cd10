package dev.holdfast.plan.pod;

import dev.holdfast.api.Names;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.memlock.Term;
import dev.holdfast.plan.machine.GuestIommu;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.PassedDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Page tables for the BARs of passed-through devices. There is no RAM behind a BAR, but VFIO maps it into QEMU, KVM into the
 * guest, and the IOMMU for the other devices, and the tables of all three are charged to the pod. Its node is not known when
 * the pod is made, so the largest device of each class counts, and the tables that Linux makes before 6.12. Measured by
 * {@code make bar-tables}; see docs/pod-memory.md.
 *
 * @param addressSpaces how often the IOMMU maps them
 */
public record BarOverhead(List<ClassBars> classes, int addressSpaces) {
    /** On a pod: the sizes that its memory covers. */
    public static final String ANNOTATION = Names.GROUP + "/bar-sizes";

    private static final String ASSUMED = " assumed";

    /** Assumed for a GPU of a class that no node reports. */
    static final long ASSUMED_GPU_BYTES = 256L << 30;

    /** Assumed for any other device: network cards and disks have some MiB, few accelerators more than this. */
    static final long ASSUMED_BYTES = 16L << 30;

    /** The pages of 4 KiB in one of 2 MiB. The IOMMU uses these, as a BAR is contiguous and aligned, whatever QEMU's tables do. */
    private static final long PAGES_PER_LARGE_PAGE = 512;

    /**
     * What the devices of one class count with.
     *
     * @param count   how many the VM wants
     * @param bytes   the memory BARs of each
     * @param assumed whether no node reports the class
     */
    public record ClassBars(String deviceClass, int count, long bytes, boolean assumed) {
        private String text() {
            return "%d × %s with %s%s"
                    .formatted(
                            count,
                            Names.resourceOf(deviceClass),
                            HumanBytes.bytes(bytes),
                            assumed ? " (assumed, as no node reports one)" : "");
        }
    }

    public BarOverhead {
        classes = List.copyOf(classes);
    }

    /** Returns the BARs of a machine's devices. */
    static BarOverhead of(MachineSpec machine, List<PassthroughNode> nodes) {
        BarSizes sizes = new BarSizes(nodes);
        boolean onlyMain = machine.iommu() != GuestIommu.NONE;
        SortedMap<String, List<PassedDevice>> devices = machine.devices().stream()
                .collect(Collectors.groupingBy(
                        device -> device.deviceClass().value(), TreeMap::new, Collectors.toList()));
        List<ClassBars> classes = new ArrayList<>();
        devices.forEach((deviceClass, ofClass) -> {
            OptionalLong reported = sizes.largest(deviceClass, onlyMain);
            boolean gpu = ofClass.stream().anyMatch(PassedDevice::gpu);
            classes.add(new ClassBars(
                    deviceClass,
                    ofClass.size(),
                    reported.orElse(gpu ? ASSUMED_GPU_BYTES : ASSUMED_BYTES),
                    reported.isEmpty()));
        });
        return new BarOverhead(classes, machine.addressSpaces());
    }

    /** Returns what the pod's annotation says, such as {@code nvidia-a100=131120Mi,xdma=16384Mi assumed}. */
    String published() {
        return classes.stream()
                .map(one -> one.deviceClass() + "=" + VmContainer.bytes(one.bytes()) + (one.assumed() ? ASSUMED : ""))
                .collect(Collectors.joining(","));
    }

    List<Term> terms() {
        long bytes =
                classes.stream().mapToLong(one -> one.count() * one.bytes()).sum();
        if (bytes == 0) {
            return List.of();
        }
        long tables = bytes / PodOverhead.GUEST_BYTES_PER_TABLE_BYTE;
        String devices = classes.stream().map(ClassBars::text).collect(Collectors.joining(", "));
        return List.of(
                new Term(
                        "bar-page-tables",
                        PodOverhead.roundUpToMib(tables),
                        "QEMU's page tables for BARs, 8 bytes for each 4 KiB: " + devices),
                new Term(
                        "kvm-bar-page-tables",
                        PodOverhead.roundUpToMib(tables),
                        "the second-stage tables of KVM for BARs, at most as many again"),
                new Term(
                        "iommu-bar-page-tables",
                        PodOverhead.roundUpToMib(tables / PAGES_PER_LARGE_PAGE * addressSpaces),
                        addressSpaces == 1
                                ? "the IOMMU's tables for BARs, 8 bytes for each 2 MiB"
                                : "the IOMMU's tables for BARs, 8 bytes for each 2 MiB and each of %d devices"
                                        .formatted(addressSpaces)));
    }

    /** What is assumed for want of a report, in words; none when every class is reported. */
    List<String> assumptions() {
        return classes.stream()
                .filter(ClassBars::assumed)
                .map(one -> "no node reports the BARs of %s; %s assumed for each"
                        .formatted(Names.resourceOf(one.deviceClass()), HumanBytes.bytes(one.bytes())))
                .toList();
    }
}
