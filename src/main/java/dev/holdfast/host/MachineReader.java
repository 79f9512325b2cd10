package dev.holdfast.host;

import dev.holdfast.host.Machine.Processor;
import dev.holdfast.host.Machine.Seen;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads {@link Machine}. What cannot be read counts as not there, or as untold. */
final class MachineReader {
    /** DMA remapping of Intel, AMD, Arm: the ACPI tables in which firmware describes its IOMMUs. */
    private static final List<String> IOMMU_TABLES = List.of("DMAR", "IVRS", "IORT");

    /** Interrupt remapping support: bit 3 of the extended capabilities (VT-d specification, 11.4.3). */
    private static final long REMAPPING_SUPPORT = 1 << 3;

    /** Enough to meet a device's interrupt, which all have; a big machine has thousands. */
    private static final int INTERRUPTS = 512;

    private final Path root;
    private final SysfsFiles files;

    MachineReader(Path root, SysfsFiles files) {
        this.root = root;
        this.files = files;
    }

    Machine read() {
        return new Machine(
                processor(),
                !names("kernel/iommu_groups").isEmpty(),
                firmwareIommu(),
                interruptRemapping(),
                remappingHardware(),
                iommuAddressBits(),
                allowed("module/vfio_iommu_type1") || allowed("module/iommufd"),
                names("bus/pci/drivers").contains("vfio-pci"),
                names("class/misc").contains("vfio"),
                names("class/misc").contains("kvm"));
    }

    /** {@code cpu:type:x86,ven0000fam0006...}; the number is the kernel's for the vendor (asm/processor.h). */
    private Processor processor() {
        String alias = text("devices/system/cpu/modalias");
        if (alias.startsWith("cpu:type:x86,ven0000")) {
            return Processor.INTEL;
        }
        // Hygon's are AMD's, with a number of their own.
        return alias.startsWith("cpu:type:x86,ven0002") || alias.startsWith("cpu:type:x86,ven0009")
                ? Processor.AMD
                : Processor.OTHER;
    }

    /** A container sees no tables at all, as runtimes put an empty directory over /sys/firmware. */
    private Seen firmwareIommu() {
        Set<String> tables = names("firmware/acpi/tables");
        if (tables.isEmpty()) {
            return Seen.UNTOLD;
        }
        return IOMMU_TABLES.stream().anyMatch(tables::contains) ? Seen.YES : Seen.NO;
    }

    /**
     * By the names of the interrupt controllers, the only trace in sysfs: x86 puts IR- before them when it remaps. Arm's
     * translation service, ITS, checks all messages.
     */
    private Seen interruptRemapping() {
        Seen seen = Seen.UNTOLD;
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
        Seen seen = Seen.UNTOLD;
        for (String unit : names("class/iommu")) {
            String capabilities = text("class/iommu/" + unit + "/intel-iommu/ecap");
            if (!capabilities.isEmpty()) {
                try {
                    if ((Long.parseUnsignedLong(capabilities, 16) & REMAPPING_SUPPORT) == 0) {
                        return Seen.NO;
                    }
                    seen = Seen.YES;
                } catch (NumberFormatException e) {
                    return Seen.UNTOLD;
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
