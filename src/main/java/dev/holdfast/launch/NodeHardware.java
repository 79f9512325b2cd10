package dev.holdfast.launch;

import dev.holdfast.host.pci.Bar;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hardware of the node as visible in the container: PCI functions in sysfs and processors in procfs are those of the node.
 *
 * @param sysfs   mounted read-only by every runtime
 * @param cpuinfo {@code /proc/cpuinfo}
 */
public record NodeHardware(Sysfs sysfs, Path cpuinfo) {
    private static final Logger log = LoggerFactory.getLogger(NodeHardware.class);
    private static final Pattern ADDRESS_BITS = Pattern.compile("(?m)^address sizes\\s*:\\s*(\\d{1,2}) bits physical");

    private static final String NVIDIA = "10de";

    // The only width that TCG supports (target/i386/cpu.h, TCG_PHYS_ADDR_BITS).
    private static final int EMULATED_BITS = 40;

    /** Returns the facts about the node and the devices. */
    NodeFacts facts(Accelerator accelerator, Map<String, List<PciAddress>> devices) {
        Map<PciAddress, List<Long>> bars = devices.values().stream()
                .flatMap(List::stream)
                .distinct()
                .collect(Collectors.toMap(address -> address, this::largeBars));
        OptionalInt bits = accelerator == Accelerator.KVM ? addressBits() : OptionalInt.of(EMULATED_BITS);
        return new NodeFacts(accelerator, devices, bars, bits.isPresent() ? bits.getAsInt() : null)
                .withIommu(iommuAddressBits(devices));
    }

    /**
     * Checks that only NVIDIA GPUs have a p2pClique, which only QEMU's quirk for them supports; QEMU's own message would be
     * less clear.
     *
     * @throws IllegalArgumentException with a message for users, when a device of another vendor has one
     */
    void checkCliques(QemuShape shape, NodeFacts node) {
        shape.options().devices().forEach((name, options) -> {
            List<PciAddress> addresses = node.devices().getOrDefault(name, List.of());
            String vendor = options.p2pClique() == null || addresses.isEmpty()
                    ? NVIDIA
                    : vendor(addresses.getFirst()).orElse(NVIDIA);
            if (!vendor.equals(NVIDIA)) {
                throw new IllegalArgumentException(
                        "gpu %s has p2pClique %d, but its device %s has the vendor %s, and only NVIDIA (10de) supports p2pClique; remove p2pClique"
                                .formatted(name, options.p2pClique(), addresses.getFirst(), vendor));
            }
        });
    }

    /** Returns the sizes of the function's 64-bit prefetchable BARs; none when unknown. */
    List<Long> largeBars(PciAddress address) {
        return function(address)
                .map(function -> function.bars().stream()
                        .filter(bar -> bar.type() == Bar.Type.mem64 && bar.prefetchable())
                        .map(Bar::sizeBytes)
                        .toList())
                .orElse(List.of());
    }

    /** Returns the vendor ID, four hexadecimal digits; empty when unknown. */
    Optional<String> vendor(PciAddress address) {
        return function(address).map(PciFunction::vendorID);
    }

    private Optional<PciFunction> function(PciAddress address) {
        try {
            return Optional.of(sysfs.function(address));
        } catch (IOException | IllegalArgumentException e) {
            log.atWarn()
                    .addKeyValue("function", address)
                    .addKeyValue(LogKeys.ERROR, e.toString())
                    .log("cannot read a device in the node's sysfs; no addresses are planned for its BARs");
            return Optional.empty();
        }
    }

    /** Returns the width in bits that the IOMMUs of all these functions translate; null when unknown. */
    private @Nullable Integer iommuAddressBits(Map<String, List<PciAddress>> devices) {
        return devices.values().stream()
                .flatMap(List::stream)
                .map(sysfs::iommuAddressBits)
                .flatMapToInt(OptionalInt::stream)
                .boxed()
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    /** Returns the width of a physical address in bits; empty when unknown. */
    OptionalInt addressBits() {
        try {
            Matcher matcher = ADDRESS_BITS.matcher(Files.readString(cpuinfo));
            return matcher.find() ? OptionalInt.of(Integer.parseInt(matcher.group(1))) : OptionalInt.empty();
        } catch (IOException e) {
            return OptionalInt.empty();
        }
    }
}
