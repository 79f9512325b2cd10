package dev.holdfast.qemu.argv;

import dev.holdfast.pci.PciAddress;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Facts that are known on the node only.
 *
 * @param devices       functions that the guest gets, by device name of the shape; the main function first
 * @param bars          sizes of the 64-bit prefetchable BARs of each function; none when unknown
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
        Map<String, List<PciAddress>> devices,
        Map<PciAddress, List<Long>> bars,
        @Nullable Integer addressBits,
        @Nullable Integer iommuAddressBits,
        @Nullable FirmwareFiles firmware,
        Map<String, DiskFacts> disks,
        List<String> searchDomains,
        InheritedDescriptors opened) {
    /** Domains that QEMU's host= accepts (hw/core/qdev-properties-system.c): those of four digits. */
    private static final long MAX_DOMAIN = 0xffff;

    /** Execution of the guest's instructions: by KVM or by emulation. */
    public enum Accelerator {
        KVM,
        TCG
    }

    /**
     * @throws IllegalArgumentException with a message for users, when a device does not have 1 to 8 functions, or an address
     *     that QEMU does not accept
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
    public NodeFacts(Accelerator accelerator, Map<String, List<PciAddress>> devices) {
        this(accelerator, devices, Map.of(), null);
    }

    /** Creates facts with SeaBIOS and assumed disks. */
    public NodeFacts(
            Accelerator accelerator,
            Map<String, List<PciAddress>> devices,
            Map<PciAddress, List<Long>> bars,
            @Nullable Integer addressBits) {
        this(accelerator, devices, bars, addressBits, null, null, Map.of(), List.of(), InheritedDescriptors.NONE);
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
    public NodeFacts with(InheritedDescriptors files) {
        return new NodeFacts(
                accelerator, devices, bars, addressBits, iommuAddressBits, firmware, disks, searchDomains, files);
    }

    /**
     * Parses the address of a device's function as the agent sends it.
     *
     * @throws IllegalArgumentException with a message for users when it is invalid
     */
    public static PciAddress address(String device, String text) {
        return PciAddress.canonical(text).orElseThrow(() -> invalid(device, text));
    }

    private static List<PciAddress> checked(String device, List<PciAddress> addresses) {
        // All functions of a group become one device of the guest, and a PCI device has at most eight functions.
        if (addresses.isEmpty() || addresses.size() > 8) {
            throw new IllegalArgumentException(
                    "device %s has %d PCI functions, but must have 1 to 8 to be one device of the guest; check its IOMMU group"
                            .formatted(device, addresses.size()));
        }
        for (PciAddress address : addresses) {
            if (address.domain() > MAX_DOMAIN) {
                throw invalid(device, address.toString());
            }
        }
        return List.copyOf(addresses);
    }

    private static IllegalArgumentException invalid(String device, String address) {
        return new IllegalArgumentException(
                "device %s has the invalid PCI address \"%s\", which must be like 0000:01:00.0; check the agent's version"
                        .formatted(device, address));
    }
}
