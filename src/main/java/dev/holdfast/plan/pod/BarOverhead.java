package dev.holdfast.plan.pod;

import dev.holdfast.api.Names;
import dev.holdfast.memlock.Term;
import dev.holdfast.plan.claims.DynamicResources;
import dev.holdfast.plan.machine.DeviceClassName;
import dev.holdfast.plan.machine.DeviceSource;
import dev.holdfast.plan.machine.GuestIommu;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.PassedDevice;
import dev.holdfast.plan.observed.BarSizes;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Page tables for the BARs of passed-through devices. A BAR is not RAM, but VFIO maps it into QEMU, KVM into the guest, and
 * the IOMMU for the other devices, and the page tables of all three are charged to the pod. The node is unknown when the pod
 * is made, so the largest device of each class counts, with the page tables of Linux before 6.12; the same holds for the
 * device of a claim, whose size is assumed when its DeviceClasses do not show it. Measured by {@code make bar-tables}; see docs/pod-memory.md.
 *
 * @param sources       classes by name, then claims in the order of their devices
 * @param addressSpaces number of address spaces in which the IOMMU maps the BARs
 */
public record BarOverhead(List<SourceBars> sources, int addressSpaces) {
    /** Annotation of a pod with the BAR sizes that its memory allows for. */
    public static final String ANNOTATION = Names.GROUP + "/bar-sizes";

    private static final String ASSUMED = " assumed";

    /** Size that is assumed for a GPU of a class that no node reports, and for one by claim whose size is unknown. */
    static final long ASSUMED_GPU_BYTES = 256L << 30;

    /** Size that is assumed for any other device: network cards and disks have some MiB, few accelerators more than this. */
    static final long ASSUMED_BYTES = 16L << 30;

    /** Number of 4 KiB pages in a 2 MiB page. The IOMMU always uses 2 MiB pages, as a BAR is contiguous and aligned. */
    private static final long PAGES_PER_LARGE_PAGE = 512;

    /**
     * The BARs of the devices of one class, or of one device by claim.
     *
     * @param count   number of devices that the VM requests
     * @param bytes   memory BARs of each device
     * @param assumed whether no node reports the class, or the size of the claim's device is unknown
     */
    public record SourceBars(DeviceSource source, int count, long bytes, boolean assumed) {
        private String text() {
            String size = HumanBytes.bytes(bytes);
            return switch (source) {
                case DeviceSource.OfClass ofClass ->
                    "%d × %s with %s%s"
                            .formatted(
                                    count,
                                    ofClass.name().resource(),
                                    size,
                                    assumed ? " (assumed, no node reports one)" : "");
                case DeviceSource.OfClaim ofClaim ->
                    "%s with %s%s".formatted(ofClaim.words(), size, assumed ? " (assumed)" : "");
            };
        }

        /** Returns the entry of the annotation; no class has a name with a slash. */
        private String published() {
            String key = switch (source) {
                case DeviceSource.OfClass ofClass -> ofClass.name().value();
                case DeviceSource.OfClaim ofClaim ->
                    "claim/" + ofClaim.claim() + (ofClaim.request().isEmpty() ? "" : "/" + ofClaim.request());
            };
            return key + "=" + VmContainer.bytes(bytes) + (assumed ? ASSUMED : "");
        }

        private String assumption() {
            String size = HumanBytes.bytes(bytes);
            return switch (source) {
                case DeviceSource.OfClass ofClass ->
                    "no node reports the BARs of %s; %s assumed for each"
                            .formatted(ofClass.name().resource(), size);
                case DeviceSource.OfClaim ofClaim ->
                    "the device of %s is unknown before the claim is allocated; BARs of %s assumed"
                            .formatted(ofClaim.words(), size);
            };
        }
    }

    public BarOverhead {
        sources = List.copyOf(sources);
    }

    /** Returns the BARs of a machine's devices, those by claim included. */
    static BarOverhead of(MachineSpec machine, BarSizes reported, DynamicResources dynamic) {
        return new BarOverhead(
                Stream.concat(
                                ofClasses(machine, reported),
                                ofClaims(machine, new ClaimedBars(machine, reported, dynamic)))
                        .toList(),
                machine.addressSpaces());
    }

    private static Stream<SourceBars> ofClasses(MachineSpec machine, BarSizes sizes) {
        boolean onlyMain = machine.iommu() != GuestIommu.NONE;
        SortedMap<String, List<PassedDevice>> devices = new TreeMap<>();
        machine.devices().forEach(device -> {
            if (device.source() instanceof DeviceSource.OfClass ofClass) {
                devices.computeIfAbsent(ofClass.name().value(), key -> new ArrayList<>())
                        .add(device);
            }
        });
        return devices.entrySet().stream().map(entry -> {
            OptionalLong reported = sizes.largest(entry.getKey(), onlyMain);
            boolean gpu = entry.getValue().stream().anyMatch(PassedDevice::gpu);
            return new SourceBars(
                    new DeviceSource.OfClass(new DeviceClassName(entry.getKey())),
                    entry.getValue().size(),
                    reported.orElse(assumedBytes(gpu)),
                    reported.isEmpty());
        });
    }

    private static Stream<SourceBars> ofClaims(MachineSpec machine, ClaimedBars bars) {
        return machine.devices().stream()
                .filter(device -> device.source() instanceof DeviceSource.OfClaim)
                .map(device -> {
                    OptionalLong known = bars.largest((DeviceSource.OfClaim) device.source());
                    return new SourceBars(
                            device.source(), 1, known.orElse(assumedBytes(device.gpu())), known.isEmpty());
                });
    }

    private static long assumedBytes(boolean gpu) {
        return gpu ? ASSUMED_GPU_BYTES : ASSUMED_BYTES;
    }

    /**
     * Returns the value of the pod's annotation, such as {@code nvidia-a100=131120Mi,xdma=16384Mi assumed}, or {@code
     * claim/pair/nic=16384Mi assumed} for a device by claim.
     */
    String published() {
        return sources.stream().map(SourceBars::published).collect(Collectors.joining(","));
    }

    List<Term> terms() {
        long bytes =
                sources.stream().mapToLong(one -> one.count() * one.bytes()).sum();
        if (bytes == 0) {
            return List.of();
        }
        long tables = bytes / PodOverhead.GUEST_BYTES_PER_TABLE_BYTE;
        String devices = sources.stream().map(SourceBars::text).collect(Collectors.joining(", "));
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

    /** Returns a message for each size that is assumed; none when every class is reported. */
    List<String> assumptions() {
        return sources.stream()
                .filter(SourceBars::assumed)
                .map(SourceBars::assumption)
                .toList();
    }
}
