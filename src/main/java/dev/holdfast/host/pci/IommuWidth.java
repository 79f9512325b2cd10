package dev.holdfast.host.pci;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Address width of an IOMMU in bits: the maximum width of guest addresses that it translates. VFIO cannot map addresses
 * above. Sources: {@code Documentation/ABI/testing/sysfs-class-iommu-intel-iommu} and {@code -amd-iommu}.
 */
final class IommuWidth {
    private static final int MAX_BITS = 64;

    private IommuWidth() {}

    /**
     * Returns the width of one unit.
     *
     * @param unit its directory in sysfs, or a link to it
     * @return empty when unknown, as on Arm
     */
    static OptionalInt of(SysfsFiles files, Path unit) {
        OptionalInt intel = registers(files, unit.resolve("intel-iommu/cap"))
                .mapToInt(IommuWidth::intel)
                .findFirst();
        return intel.isPresent() ? intel : amd(files, unit.resolve("amd-iommu/features"));
    }

    /**
     * Capability register of VT-d (specification, 11.4.2): the maximum guest address width, MGAW, less one in bits 21 to 16;
     * the supported page table depths in bits 12 to 8, 39 bits wide for the second of them and 9 more for each further. The
     * kernel uses the lesser width (drivers/iommu/intel, iommu_calculate_agaw and cap_mgaw).
     */
    private static int intel(long capability) {
        int most = (int) (capability >>> 16 & 0x3f) + 1;
        int depths = (int) (capability >>> 8 & 0x1f);
        int deepest = depths == 0 ? MAX_BITS : 30 + 9 * (31 - Integer.numberOfLeadingZeros(depths));
        return Math.min(most, deepest);
    }

    /**
     * Extended features of AMD's IOMMU (specification 48882, HATS in bits 11 and 10): 48 bits for four levels of the page
     * table, 9 more for each further. Since Linux 6.1 the file has two registers, in an order that has changed since; the
     * lesser width of those that are not zero is safe.
     */
    private static OptionalInt amd(SysfsFiles files, Path features) {
        return registers(files, features)
                .filter(register -> register != 0)
                .mapToInt(register -> Math.min(MAX_BITS, 48 + 9 * (int) (register >>> 10 & 3)))
                .min();
    }

    private static Stream<Long> registers(SysfsFiles files, Path file) {
        try {
            return Stream.of(files.text(file).strip().split(":", -1))
                    .map(text -> Long.parseUnsignedLong(text, 16))
                    .toList()
                    .stream();
        } catch (IOException | NumberFormatException e) {
            return Stream.empty();
        }
    }
}
