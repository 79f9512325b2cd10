package dev.holdfast.plan.pod;

import dev.holdfast.memlock.Term;
import dev.holdfast.plan.machine.GuestMemory;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.MemlockInputs;
import dev.holdfast.plan.machine.PassedDevice;
import java.util.ArrayList;
import java.util.List;

/** Effects of firmware, option ROMs and huge pages on a pod's memory. */
final class FirmwareOverhead {
    private static final long MIB = 1L << 20;

    /** QEMU keeps code and variables in its own memory, 4 MiB; the file of the variables in a memory volume has less than 1 MiB. */
    private static final long EFI_BYTES = 5 * MIB;

    private FirmwareOverhead() {}

    static List<Term> terms(MachineSpec machine) {
        List<Term> terms = new ArrayList<>();
        if (machine.firmware().isUefi()) {
            terms.add(new Term("efi", EFI_BYTES, "UEFI code and variables, and the file of the variables"));
        }
        long roms = machine.devices().stream().filter(PassedDevice::hasRomFile).count();
        if (roms > 0) {
            terms.add(new Term(
                    "option-roms", roms * MemlockInputs.ROM_FILE_BYTES, "QEMU's copies of the option ROMs from files"));
        }
        return terms;
    }

    /** Returns the size of page tables for the given pages. IOMMU page tables may not benefit from larger pages. */
    static long tables(GuestMemory.Pages pages, long forSmallPages) {
        return PodOverhead.roundUpToMib(forSmallPages * GuestMemory.Pages.SMALL.bytes() / pages.bytes());
    }
}
