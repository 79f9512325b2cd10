package dev.holdfast.qemu.argv;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Facts that are known on the node only.
 *
 * @param devices       PCI addresses that the guest gets, by device name of the shape; the main function first
 * @param bars          sizes of the 64-bit prefetchable BARs, by PCI address; none when unknown
 * @param addressBits   maximum width of a physical address of the guest in bits, null for unknown
 * @param iommuAddressBits width that the IOMMUs of all devices translate in bits, null for unknown
 * @param firmware      UEFI firmware in the launcher's image, null for a machine with SeaBIOS
 * @param disks         files found and created for each disk of the shape; the most likely ones are assumed for a missing
 *                      disk
 * @param searchDomains search domains of the pod's resolver
 * @param opened        files that QEMU inherits, already open
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
    // Form that QEMU's host= accepts (hw/core/qdev-properties-system.c): domains have four digits.
    private static final Pattern ADDRESS = Pattern.compile("[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]");

    /** Execution of the guest's instructions: by KVM or by emulation. */
    public enum Accelerator {
        KVM,
        TCG
    }

    /**
     * @throws IllegalArgumentException with a message for users, when a device does not have 1 to 8 functions or an address
     *     is invalid
     */
    public NodeFacts {
        devices = devices.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, entry -> checked(entry.getKey(), entry.getValue())));
        bars = Map.copyOf(bars);
        disks = Map.copyOf(disks);
        searchDomains = List.copyOf(searchDomains);
    }

    /** Creates facts with unknown BARs, with SeaBIOS, and with assumed disks. */
    public NodeFacts(Accelerator accelerator, Map<String, List<String>> devices) {
        this(accelerator, devices, Map.of(), null);
    }

    /** Creates facts with SeaBIOS and assumed disks. */
    public NodeFacts(
            Accelerator accelerator,
            Map<String, List<String>> devices,
            Map<String, List<Long>> bars,
            @Nullable Integer addressBits) {
        this(accelerator, devices, bars, addressBits, null, null, Map.of(), List.of(), OpenedFiles.NONE);
    }

    /** Returns a copy with another width of the IOMMUs. */
    public NodeFacts withIommu(@Nullable Integer bits) {
        return new NodeFacts(accelerator, devices, bars, addressBits, bits, firmware, disks, searchDomains, opened);
    }

    /** Returns a copy with UEFI firmware. */
    public NodeFacts with(@Nullable FirmwareFiles other) {
        return new NodeFacts(
                accelerator, devices, bars, addressBits, iommuAddressBits, other, disks, searchDomains, opened);
    }

    /** Returns a copy with other disks and search domains. */
    public NodeFacts with(Map<String, DiskFacts> otherDisks, List<String> otherDomains) {
        return new NodeFacts(
                accelerator, devices, bars, addressBits, iommuAddressBits, firmware, otherDisks, otherDomains, opened);
    }

    /** Returns a copy with open files. */
    public NodeFacts with(OpenedFiles files) {
        return new NodeFacts(
                accelerator, devices, bars, addressBits, iommuAddressBits, firmware, disks, searchDomains, files);
    }

    private static List<String> checked(String device, List<String> addresses) {
        // All functions of a group become one device of the guest, and a PCI device has at most eight functions.
        if (addresses.isEmpty() || addresses.size() > 8) {
            throw new IllegalArgumentException(
                    "device %s has %d PCI functions, but must have 1 to 8 to be one device of the guest; check its IOMMU group"
                            .formatted(device, addresses.size()));
        }
        for (String address : addresses) {
            if (!ADDRESS.matcher(address).matches()) {
                throw new IllegalArgumentException(
                        "device %s has the invalid PCI address \"%s\", which must be like 0000:01:00.0; check the agent's version"
                                .formatted(device, address));
            }
        }
        return List.copyOf(addresses);
    }
}
