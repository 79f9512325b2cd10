package dev.holdfast.launch;

import dev.holdfast.host.pci.Bar;
import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.shape.QemuShape;
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
 * What the container sees of the node's hardware: sysfs and procfs are the node's own as far as PCI and processors go.
 *
 * @param sysfs   mounted read-only by every runtime
 * @param cpuinfo {@code /proc/cpuinfo}
 */
public record NodeHardware(Sysfs sysfs, Path cpuinfo) {
    private static final Logger log = LoggerFactory.getLogger(NodeHardware.class);
    private static final Pattern ADDRESS_BITS = Pattern.compile("(?m)^address sizes\\s*:\\s*(\\d{1,2}) bits physical");

    private static final String NVIDIA = "10de";

    // TCG knows no other (target/i386/cpu.h, TCG_PHYS_ADDR_BITS).
    private static final int EMULATED_BITS = 40;

    /** With what the node tells of the devices. */
    NodeFacts facts(Accelerator accelerator, Map<String, List<String>> devices) {
        Map<String, List<Long>> bars = devices.values().stream()
                .flatMap(List::stream)
                .distinct()
                .collect(Collectors.toMap(address -> address, this::largeBars));
        OptionalInt bits = accelerator == Accelerator.KVM ? addressBits() : OptionalInt.of(EMULATED_BITS);
        return new NodeFacts(accelerator, devices, bars, bits.isPresent() ? bits.getAsInt() : null)
                .withIommu(iommuAddressBits(devices));
    }

    /**
     * Only QEMU's quirk for NVIDIA's GPUs knows cliques; of another device it would say so in words of its own.
     *
     * @throws IllegalArgumentException with one sentence, when another maker's device has one
     */
    void checkCliques(QemuShape shape, NodeFacts node) {
        shape.board().devices().forEach((name, options) -> {
            List<String> addresses = node.devices().getOrDefault(name, List.of());
            String vendor = options.p2pClique() == null || addresses.isEmpty()
                    ? NVIDIA
                    : vendor(addresses.getFirst()).orElse(NVIDIA);
            if (!vendor.equals(NVIDIA)) {
                throw new IllegalArgumentException(
                        "gpu %s has p2pClique %d, but the device %s that the node gives is of vendor %s, and only NVIDIA's (10de) know cliques; take p2pClique away"
                                .formatted(name, options.p2pClique(), addresses.getFirst(), vendor));
            }
        });
    }

    /** Sizes of the function's 64-bit prefetchable BARs; none when it does not tell. */
    List<Long> largeBars(String address) {
        return function(address)
                .map(function -> function.bars().stream()
                        .filter(bar -> bar.type() == Bar.Type.mem64 && bar.prefetchable())
                        .map(Bar::sizeBytes)
                        .toList())
                .orElse(List.of());
    }

    /** Four hexadecimal digits; empty when the function does not tell. */
    Optional<String> vendor(String address) {
        return function(address).map(PciFunction::vendorID);
    }

    private Optional<PciFunction> function(String address) {
        try {
            return Optional.of(sysfs.function(PciAddress.parse(address)));
        } catch (IOException | IllegalArgumentException e) {
            log.atWarn()
                    .addKeyValue("function", address)
                    .addKeyValue("reason", e.toString())
                    .log("the node's sysfs does not tell of a device, so no room is planned for its BARs");
            return Optional.empty();
        }
    }

    /** What the IOMMUs of all these functions translate; null when none shows it. */
    private @Nullable Integer iommuAddressBits(Map<String, List<String>> devices) {
        return devices.values().stream()
                .flatMap(List::stream)
                .map(address -> sysfs.iommuAddressBits(PciAddress.parse(address)))
                .flatMapToInt(OptionalInt::stream)
                .boxed()
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    /** Bits of a physical address; empty when the kernel does not tell. */
    OptionalInt addressBits() {
        try {
            Matcher matcher = ADDRESS_BITS.matcher(Files.readString(cpuinfo));
            return matcher.find() ? OptionalInt.of(Integer.parseInt(matcher.group(1))) : OptionalInt.empty();
        } catch (IOException e) {
            return OptionalInt.empty();
        }
    }
}
