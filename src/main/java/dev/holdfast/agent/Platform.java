package dev.holdfast.agent;

import dev.holdfast.host.Machine;
import dev.holdfast.host.Machine.Seen;
import dev.holdfast.host.Sysfs;
import org.jspecify.annotations.Nullable;

/**
 * What the node as a whole can do, and what is to be done about the rest.
 *
 * @param machine          as sysfs tells it
 * @param emulationAllowed whether VMs may run without KVM, in software
 */
public record Platform(Machine machine, boolean emulationAllowed) {
    /** How to get the driver. */
    public static final String NO_VFIO =
            "found no driver vfio-pci; load it with modprobe vfio-pci, and have it loaded at boot (modules-load.d)";

    private static final String REBOOT = ", then reboot";

    /** Before it was looked at. */
    public static final Platform UNSEEN = new Platform(Machine.UNSEEN, false);

    public static Platform of(Sysfs sysfs, boolean emulationAllowed) {
        return new Platform(sysfs.machine(), emulationAllowed);
    }

    /** Whether the kernel has an IOMMU at work. */
    public Finding iommu() {
        if (machine.iommuGroups()) {
            Integer bits = machine.iommuAddressBits();
            return Finding.good(
                    "IommuGroupsFound",
                    "the kernel has made IOMMU groups"
                            + (bits == null ? "" : "; the IOMMU translates addresses of %d bits".formatted(bits)));
        }
        String firmware = Remedies.firmwareIommu(machine.processor());
        String kernel = Remedies.kernelIommu(machine.processor());
        return switch (machine.firmwareIommu()) {
            case YES ->
                Finding.bad(
                        "NotUsedByKernel",
                        "found no IOMMU group, though the firmware describes an IOMMU: the kernel does not use it; "
                                + kernel + REBOOT);
            case NO ->
                Finding.bad(
                        "NotInFirmware",
                        "found no IOMMU group, and the firmware describes no IOMMU; turn it on in the firmware's setup ("
                                + firmware + "), and " + kernel + REBOOT);
            case UNTOLD ->
                Finding.bad(
                        "NoIommuGroup",
                        "found no IOMMU group; turn the IOMMU on in the firmware's setup (" + firmware + "), and "
                                + kernel + REBOOT);
        };
    }

    /**
     * Whether a device's interrupts are checked: without, a guest that has a device can forge any interrupt of the host,
     * and VFIO refuses unless it is told otherwise (vfio_iommu_type1_attach_group).
     */
    public Finding interruptRemapping() {
        if (machine.interruptRemapping() == Seen.YES) {
            return Finding.good("Remapped", "the IOMMU checks interrupts");
        }
        if (!machine.iommuGroups()) {
            return Finding.unknown("NoIommu", "there is no IOMMU at work that could; see IommuEnabled");
        }
        if (machine.interruptRemapping() == Seen.UNTOLD) {
            return Finding.unknown(
                    "NotTold",
                    "found no interrupt of a device in /sys/kernel/irq, which would tell; `dmesg | grep -i remapping` as"
                            + " root does");
        }
        if (machine.unsafeInterrupts()) {
            return Finding.bad(
                    "UnsafeInterruptsAllowed",
                    "found interrupts that are not remapped, and VFIO told to do without (allow_unsafe_interrupts): a"
                            + " guest with a device can then forge interrupts of the host; run guests here that you trust,"
                            + " or turn interrupt remapping on and that parameter off");
        }
        return Finding.bad(
                "NotRemapped",
                "found interrupts that are not remapped, so VFIO refuses to pass devices through"
                        + (machine.remappingHardware() == Seen.NO
                                ? "; this IOMMU cannot remap them: use another machine, or, for guests that you trust, load"
                                        + " vfio_iommu_type1 with allow_unsafe_interrupts=1"
                                : "; turn interrupt remapping on in the firmware's setup (on Intel often called x2APIC) and"
                                        + " take intremap=off and nointremap off the kernel command line" + REBOOT));
    }

    /** Whether vfio-pci can be given devices. */
    public Finding vfio() {
        if (!machine.vfioDriver()) {
            return Finding.bad("NoDriver", NO_VFIO);
        }
        return machine.vfioDevice()
                ? Finding.good("DriverFound", "the driver vfio-pci is loaded")
                : Finding.bad(
                        "NoDevice",
                        "found the driver vfio-pci, but no /dev/vfio/vfio; load it with modprobe vfio, or use a kernel"
                                + " built with CONFIG_VFIO_CONTAINER");
    }

    /** Whether guests run on the processor itself. */
    public Finding kvmAvailable() {
        if (kvm()) {
            return Finding.good("KvmFound", "the kernel serves /dev/kvm");
        }
        return emulationAllowed
                ? Finding.bad(
                        "EmulationAllowed",
                        "found no usable /dev/kvm; VMs run in software emulation, since the agent was started with"
                                + " --allow-emulation")
                : Finding.bad(
                        "NoKvm",
                        noKvm() + ", or start the agent with --allow-emulation; until then its devices are unhealthy");
    }

    /** How to get KVM, where no agent is involved. */
    public String noKvm() {
        return "found no usable /dev/kvm; " + Remedies.firmwareVirtualization(machine.processor());
    }

    /** Whether the kernel serves /dev/kvm. */
    public boolean kvm() {
        return machine.kvm();
    }

    /** Why nothing at all can be offered; null when nothing is in the way. */
    public @Nullable String obstacle() {
        if (!kvm() && !emulationAllowed) {
            return kvmAvailable().message();
        }
        Finding remapping = interruptRemapping();
        return remapping.fails() && !machine.unsafeInterrupts() ? remapping.message() : null;
    }
}
