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
 * Page tables for the BARs of passed-through devices. A BAR is not RAM, but VFIO maps it into QEMU, KVM into the guest, and
 * the IOMMU for the other devices, and the page tables of all three are charged to the pod. The node is unknown when the pod
 * is made, so the largest device of each class counts, with the page tables of Linux before 6.12. Measured by
 * {@code make bar-tables}; see docs/pod-memory.md.
 *
 * @param addressSpaces number of address spaces in which the IOMMU maps the BARs
 */
public record BarOverhead(List<ClassBars> classes, int addressSpaces) {
    /** Annotation of a pod with the BAR sizes that its memory allows for. */
    public static final String ANNOTATION = Names.GROUP + "/bar-sizes";

    private static final String ASSUMED = " assumed";

    /** Size that is assumed for a GPU of a class that no node reports. */
    static final long ASSUMED_GPU_BYTES = 256L << 30;

    /** Size that is assumed for any other device: network cards and disks have some MiB, few accelerators more than this. */
    static final long ASSUMED_BYTES = 16L << 30;

    /** Number of 4 KiB pages in a 2 MiB page. The IOMMU always uses 2 MiB pages, as a BAR is contiguous and aligned. */
    private static final long PAGES_PER_LARGE_PAGE = 512;

    /**
     * The BARs of the devices of one class.
     *
     * @param count   number of devices that the VM requests
     * @param bytes   memory BARs of each device
     * @param assumed whether no node reports the class
     */
    public record ClassBars(String deviceClass, int count, long bytes, boolean assumed) {
        private String text() {
            return "%d × %s with %s%s"
                    .formatted(
                            count,
                            Names.resourceOf(deviceClass),
                            HumanBytes.bytes(bytes),
                            assumed ? " (assumed, no node reports one)" : "");
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

    /** Returns the value of the pod's annotation, such as {@code nvidia-a100=131120Mi,xdma=16384Mi assumed}. */
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
                        "KVM's second-stage page tables for BARs, at most as much again"),
                new Term(
                        "iommu-bar-page-tables",
                        PodOverhead.roundUpToMib(tables / PAGES_PER_LARGE_PAGE * addressSpaces),
                        addressSpaces == 1
                                ? "IOMMU page tables for BARs, 8 bytes for each 2 MiB"
                                : "IOMMU page tables for BARs, 8 bytes for each 2 MiB and each of %d devices"
                                        .formatted(addressSpaces)));
    }

    /** Returns a message for each class whose BARs are assumed; none when every class is reported. */
    List<String> assumptions() {
        return classes.stream()
                .filter(ClassBars::assumed)
                .map(one -> "no node reports the BARs of %s; %s assumed for each"
                        .formatted(Names.resourceOf(one.deviceClass()), HumanBytes.bytes(one.bytes())))
                .toList();
    }
}
