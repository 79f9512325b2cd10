package dev.holdfast.host.pci;

import dev.holdfast.host.pci.HostCapabilities.Processor;
import dev.holdfast.host.pci.HostCapabilities.Seen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@link HostCapabilities}. What cannot be read counts as missing, or as unknown. */
final class HostCapabilitiesReader {
    /** DMA remapping of Intel, AMD, Arm: the ACPI tables in which firmware describes its IOMMUs. */
    private static final List<String> IOMMU_TABLES = List.of("DMAR", "IVRS", "IORT");

    /** Interrupt remapping support: bit 3 of the extended capabilities (VT-d specification, 11.4.3). */
    private static final long REMAPPING_SUPPORT = 1 << 3;

    /** Interrupts that are examined, enough to find one of a device; a large host has thousands. */
    private static final int INTERRUPTS = 512;

    private static final Pattern ARCHITECTURE = Pattern.compile("cpu:type:([a-z0-9_]{1,16})[,:].*", Pattern.DOTALL);

    private final Path root;
    private final SysfsFiles files;
    private final @Nullable ThisHost host;

    HostCapabilitiesReader(Path root, SysfsFiles files, @Nullable ThisHost host) {
        this.root = root;
        this.files = files;
        this.host = host;
    }

    HostCapabilities read() {
        String alias = text("devices/system/cpu/modalias");
        String architecture = architecture(alias);
        Set<String> groups = names("kernel/iommu_groups");
        boolean iommuGroups = groups.stream().anyMatch(group -> !noIommu(group));
        return new HostCapabilities(
                processor(alias, architecture),
                architecture,
                iommuGroups,
                !iommuGroups && !groups.isEmpty(),
                firmwareIommu(),
                interruptRemapping(),
                remappingHardware(),
                iommuAddressBits(),
                unsafeInterrupts(),
                names("bus/pci/drivers").contains(VfioDrivers.GENERIC)
                        || !names("class/vfio-dev").isEmpty()
                        || names("bus/pci/drivers").stream().anyMatch(VfioDrivers::isVariant),
                names("class/misc").contains("vfio")
                        && (host == null || !Files.notExists(host.dev().resolve("vfio/vfio"))),
                names("class/misc").contains("kvm"));
    }

    /** Returns whether VFIO has made the group in its no-IOMMU mode; other groups have no name. */
    private boolean noIommu(String group) {
        return text("kernel/iommu_groups/" + group + "/name").contains(FunctionReader.NO_IOMMU);
    }

    /**
     * Parses {@code cpu:type:x86,ven0000fam0006...} or {@code cpu:type:aarch64:feature:...}; not every architecture has it.
     */
    private String architecture(String alias) {
        Matcher found = ARCHITECTURE.matcher(alias);
        if (found.matches()) {
            return found.group(1);
        }
        return host == null ? "" : host.architecture();
    }

    /** Returns the vendor, by the kernel's vendor numbers (asm/processor.h). */
    private static Processor processor(String alias, String architecture) {
        if (architecture.equals("aarch64")) {
            return Processor.ARM;
        }
        if (!HostCapabilities.isX86(architecture)) {
            return Processor.FOREIGN;
        }
        if (alias.startsWith("cpu:type:x86,ven0000")) {
            return Processor.INTEL;
        }
        // Hygon's processors are AMD's, with a vendor number of their own.
        return alias.startsWith("cpu:type:x86,ven0002") || alias.startsWith("cpu:type:x86,ven0009")
                ? Processor.AMD
                : Processor.OTHER;
    }

    /**
     * Returns whether the firmware describes an IOMMU. Containers see no tables, as runtimes mount an empty directory over
     * /sys/firmware.
     */
    private Seen firmwareIommu() {
        Set<String> tables = names("firmware/acpi/tables");
        if (tables.isEmpty()) {
            return Seen.UNKNOWN;
        }
        return IOMMU_TABLES.stream().anyMatch(tables::contains) ? Seen.YES : Seen.NO;
    }

    /**
     * Determined by the names of the interrupt controllers, the only sign in sysfs: on x86 they begin with IR- when
     * interrupts are remapped. Arm's translation service, ITS, checks all message-signalled interrupts.
     */
    private Seen interruptRemapping() {
        Seen seen = Seen.UNKNOWN;
        int looked = 0;
        for (String number : names("kernel/irq")) {
            String chip = text("kernel/irq/" + number + "/chip_name");
            if (chip.startsWith("IR-") || chip.startsWith("ITS-")) {
                return Seen.YES;
            }
            if (chip.startsWith("PCI-MSI") || chip.startsWith("IO-APIC")) {
                seen = Seen.NO;
            }
            looked++;
            if (looked >= INTERRUPTS) {
                break;
            }
        }
        return seen;
    }

    private Seen remappingHardware() {
        Seen seen = Seen.UNKNOWN;
        for (String unit : names("class/iommu")) {
            String capabilities = text("class/iommu/" + unit + "/intel-iommu/ecap");
            if (!capabilities.isEmpty()) {
                try {
                    if ((Long.parseUnsignedLong(capabilities, 16) & REMAPPING_SUPPORT) == 0) {
                        return Seen.NO;
                    }
                    seen = Seen.YES;
                } catch (NumberFormatException e) {
                    return Seen.UNKNOWN;
                }
            }
        }
        return seen;
    }

    private @Nullable Integer iommuAddressBits() {
        return names("class/iommu").stream()
                .map(unit -> IommuWidth.of(files, root.resolve("class/iommu").resolve(unit)))
                .flatMapToInt(OptionalInt::stream)
                .boxed()
                .min(Comparator.naturalOrder())
                .orElse(null);
    }

    /** Returns whether VFIO allows unsafe interrupts. QEMU uses the first of the two modules where both exist. */
    private boolean unsafeInterrupts() {
        return names("module/vfio_iommu_type1").isEmpty()
                ? allowed("module/iommufd")
                : allowed("module/vfio_iommu_type1");
    }

    private boolean allowed(String module) {
        return text(module + "/parameters/allow_unsafe_interrupts").equals("Y");
    }

    private Set<String> names(String directory) {
        try {
            return new TreeSet<>(files.names(root.resolve(directory)));
        } catch (IOException e) {
            return Set.of();
        }
    }

    private String text(String file) {
        try {
            return files.text(root.resolve(file)).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
