package dev.holdfast.plan.machine;

import dev.holdfast.memlock.MemlockInput;
import java.util.List;

/** Converts a machine to the calculator's input. */
public final class MemlockInputs {
    /** QEMU memory for an option ROM from a file; a ConfigMap or a Secret holds at most this. */
    public static final long ROM_FILE_BYTES = 1L << 20;

    private MemlockInputs() {}

    /**
     * Returns the calculator's input.
     *
     * @param pageBytes page size of the host
     */
    public static MemlockInput of(MachineSpec machine, long pageBytes) {
        GuestMemory memory = machine.memory();
        long romFiles =
                machine.devices().stream().filter(PassedDevice::hasRomFile).count();
        return new MemlockInput(
                MemlockInput.Platform.x86(pageBytes),
                new MemlockInput.GuestMemory(
                        List.of(new MemlockInput.Ram(
                                memory.bytes(),
                                memory.pages().isHuge() ? memory.pages().bytes() : 0)),
                        List.of(),
                        null,
                        null,
                        false),
                machine.firmware().isUefi() ? MemlockInput.Firmware.FLASH : MemlockInput.Firmware.SEABIOS,
                List.of(new MemlockInput.Display(
                        machine.display().model(),
                        machine.display().memoryBytes() == 0
                                ? null
                                : machine.display().memoryBytes())),
                new MemlockInput.Emulated(0, romFiles * ROM_FILE_BYTES, List.of()),
                MemlockInput.Devices.vfio(machine.devices().size(), machine.iommu() != GuestIommu.NONE),
                MemlockInput.Accounting.TYPE1);
    }
}
