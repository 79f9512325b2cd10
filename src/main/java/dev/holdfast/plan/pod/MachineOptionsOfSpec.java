package dev.holdfast.plan.pod;

import dev.holdfast.plan.machine.BootFirmware;
import dev.holdfast.plan.machine.GuestMemory;
import dev.holdfast.plan.machine.MachineClock;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.PassedDevice;
import dev.holdfast.plan.machine.PassedDevice.OptionRom;
import dev.holdfast.plan.machine.Processors.HypervisorLeaves;
import dev.holdfast.plan.machine.WatchdogTimer;
import dev.holdfast.qemu.shape.MachineOptions;
import dev.holdfast.qemu.shape.MachineOptions.DeviceOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Converts a machine's firmware, clock and similar options to a QEMU shape. Nulls are those of the shape's JSON. */
final class MachineOptionsOfSpec {
    private MachineOptionsOfSpec() {}

    static MachineOptions of(MachineSpec machine) {
        return new MachineOptions(
                switch (machine.firmware()) {
                    case BootFirmware.SeaBios bios -> null;
                    case BootFirmware.Uefi uefi -> new MachineOptions.Uefi(uefi.secureBoot(), uefi.persistent());
                },
                hugePageBytes(machine.memory().pages()),
                orNull(machine.processors().hypervisor().kvmHidden()),
                hyperv(machine.processors().hypervisor()),
                switch (machine.clock()) {
                    case MachineClock.Utc utc -> null;
                    case MachineClock.Zone zone -> zone.name();
                },
                orNull(machine.rng()),
                watchdog(machine.watchdog()),
                options(machine));
    }

    private static @Nullable Long hugePageBytes(GuestMemory.Pages pages) {
        return pages.isHuge() ? pages.bytes() : null;
    }

    private static @Nullable Boolean orNull(boolean flag) {
        return flag ? Boolean.TRUE : null;
    }

    private static MachineOptions.@Nullable Hyperv hyperv(HypervisorLeaves leaves) {
        String vendor = leaves.hypervVendorId();
        return leaves.hyperv() ? new MachineOptions.Hyperv(vendor.isEmpty() ? null : vendor) : null;
    }

    private static MachineOptions.@Nullable Watchdog watchdog(WatchdogTimer timer) {
        return switch (timer) {
            case NONE -> null;
            case RESET -> MachineOptions.Watchdog.RESET;
            case POWEROFF -> MachineOptions.Watchdog.POWEROFF;
            case SHUTDOWN -> MachineOptions.Watchdog.SHUTDOWN;
        };
    }

    private static Map<String, DeviceOptions> options(MachineSpec machine) {
        Map<String, DeviceOptions> options = new HashMap<>();
        for (PassedDevice device : machine.devices()) {
            DeviceOptions special = new DeviceOptions(
                    device.hasRomFile() ? SupportVolumes.romFolder(device) + "/" + SupportVolumes.ROM : null,
                    device.rom() instanceof OptionRom.Hidden ? Boolean.FALSE : null,
                    orNull(device.clique()));
            if (!special.equals(new DeviceOptions(null, null, null))) {
                options.put(device.name(), special);
            }
        }
        return options;
    }

    private static @Nullable Integer orNull(OptionalInt number) {
        return number.isPresent() ? number.getAsInt() : null;
    }
}
