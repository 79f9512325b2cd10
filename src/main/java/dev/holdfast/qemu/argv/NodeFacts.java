package dev.holdfast.qemu.argv;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What only the node knows.
 *
 * @param devices       for each device name of the shape the PCI addresses that the guest gets, the main function first
 * @param bars          for each of these addresses the sizes of its 64-bit prefetchable BARs; none for one that does not tell
 * @param addressBits   how many bits a physical address of the guest may have, null for unknown
 * @param iommuAddressBits how many of them the IOMMU of every device translates, null for unknown
 * @param firmware      UEFI in the launcher's image, null for a machine with SeaBIOS
 * @param disks         what was found and made for each disk of the shape; of one that is missing the most likely is assumed
 * @param searchDomains of the pod's resolver
 * @param opened        files that QEMU inherits
 */
public record NodeFacts(
        Accelerator accelerator,
        Map<String, List<String>> devices,
        Map<String, List<Long>> bars,
        @Nullable Integer addressBits,
        @Nullable Integer iommuAddressBits,
        @Nullable FirmwareFiles firmware,
        Map<String, DiskFacts> disks,
        List<String> searchDomains,
        OpenedFiles opened) {
    // What QEMU's host= reads (hw/core/qdev-properties-system.c): no domain beyond four digits.
    private static final Pattern ADDRESS = Pattern.compile("[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]");

    /** Who runs the guest's instructions. */
    public enum Accelerator {
        KVM,
        TCG
    }

    /**
     * @throws IllegalArgumentException with one sentence, when a device has not 1 to 8 functions or an address is none
     */
    public NodeFacts {
        devices = devices.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, entry -> checked(entry.getKey(), entry.getValue())));
        bars = Map.copyOf(bars);
        disks = Map.copyOf(disks);
        searchDomains = List.copyOf(searchDomains);
    }

    /** Of a node that tells nothing of BARs, with SeaBIOS, on which no disk was looked at. */
    public NodeFacts(Accelerator accelerator, Map<String, List<String>> devices) {
        this(accelerator, devices, Map.of(), null);
    }

    /** Of a node with SeaBIOS, on which no disk was looked at. */
    public NodeFacts(
            Accelerator accelerator,
            Map<String, List<String>> devices,
            Map<String, List<Long>> bars,
            @Nullable Integer addressBits) {
        this(accelerator, devices, bars, addressBits, null, null, Map.of(), List.of(), OpenedFiles.NONE);
    }

    /** The same with IOMMUs of that width. */
    public NodeFacts withIommu(@Nullable Integer bits) {
        return new NodeFacts(accelerator, devices, bars, addressBits, bits, firmware, disks, searchDomains, opened);
    }

    /** The same with UEFI. */
    public NodeFacts with(@Nullable FirmwareFiles other) {
        return new NodeFacts(
                accelerator, devices, bars, addressBits, iommuAddressBits, other, disks, searchDomains, opened);
    }

    /** The same with these disks, and this resolver. */
    public NodeFacts with(Map<String, DiskFacts> otherDisks, List<String> otherDomains) {
        return new NodeFacts(
                accelerator, devices, bars, addressBits, iommuAddressBits, firmware, otherDisks, otherDomains, opened);
    }

    /** The same with files that are open. */
    public NodeFacts with(OpenedFiles files) {
        return new NodeFacts(
                accelerator, devices, bars, addressBits, iommuAddressBits, firmware, disks, searchDomains, files);
    }

    private static List<String> checked(String device, List<String> addresses) {
        // All functions of a group become one device of the guest, and a PCI device has eight functions at the most.
        if (addresses.isEmpty() || addresses.size() > 8) {
            throw new IllegalArgumentException(
                    "device %s has %d PCI functions, but 1 to 8 fit into one device of the guest; check its IOMMU group"
                            .formatted(device, addresses.size()));
        }
        for (String address : addresses) {
            if (!ADDRESS.matcher(address).matches()) {
                throw new IllegalArgumentException(
                        "device %s has the PCI address \"%s\", but one like 0000:01:00.0 is expected; check the agent's version"
                                .formatted(device, address));
            }
        }
        return List.copyOf(addresses);
    }
}
