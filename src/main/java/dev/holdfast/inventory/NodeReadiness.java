package dev.holdfast.inventory;

import dev.holdfast.host.pci.HostCapabilities;
import dev.holdfast.host.pci.HostCapabilities.Seen;
import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.Sysfs;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the node as a whole can do, and what is to be done about the rest.
 *
 * @param machine          as sysfs tells it
 * @param emulationAllowed whether VMs may run without KVM, in software
 * @param kvmNode          what was found of the device node of KVM; null where nobody could look
 */
public record NodeReadiness(
        HostCapabilities machine,
        boolean emulationAllowed,
        @Nullable CheckResult kvmNode) {
    /** How to get the driver. */
    public static final String NO_VFIO =
            "found no driver vfio-pci; load it with modprobe vfio-pci, and have it loaded at boot (modules-load.d)";

    /** What a VM's pod asks of a node; VMs are x86-64. */
    private static final String ARCHITECTURE = "amd64";

    private static final String REBOOT = ", then reboot";

    /** Before it was looked at. */
    public static final NodeReadiness UNSEEN = new NodeReadiness(HostCapabilities.UNSEEN, false, null);

    public static NodeReadiness of(Sysfs sysfs, boolean emulationAllowed) {
        return new NodeReadiness(sysfs.machine(), emulationAllowed, null);
    }

    /** With what was found of the device node of KVM. */
    public NodeReadiness withKvmNode(CheckResult found) {
        return new NodeReadiness(machine, emulationAllowed, found);
    }

    /**
     * One thing that is reported of every node.
     *
     * @param type CamelCase
     */
    public record Condition(String type, CheckResult finding) {}

    /** All that is reported; the architecture first, and only where it is a foreign one. */
    public List<Condition> conditions() {
        List<Condition> conditions = new ArrayList<>();
        if (!machine.runsVms()) {
            conditions.add(new Condition("Architecture", architecture()));
        }
        conditions.add(new Condition("IommuEnabled", iommu()));
        conditions.add(new Condition("InterruptRemapping", interruptRemapping()));
        conditions.add(new Condition("VfioReady", vfio()));
        conditions.add(new Condition("KvmAvailable", kvmAvailable()));
        return List.copyOf(conditions);
    }

    /** Whether the processors can run VMs at all. */
    CheckResult architecture() {
        return machine.runsVms()
                ? CheckResult.good("X86", "the processors are of the architecture that VMs have")
                : CheckResult.bad(
                        "OtherArchitecture",
                        "found processors of the architecture " + machine.architecture() + ", where VMs need x86-64 ("
                                + ARCHITECTURE + "); use another node: no pod of a VM is placed here");
    }

    /** Whether the kernel has an IOMMU at work. */
    public CheckResult iommu() {
        if (machine.iommuGroups()) {
            Integer bits = machine.iommuAddressBits();
            return CheckResult.good(
                    "IommuGroupsFound",
                    "the kernel has made IOMMU groups"
                            + (bits == null ? "" : ", and the IOMMU translates addresses of %d bits".formatted(bits)));
        }
        String firmware = FirmwareHints.firmwareIommu(machine.processor());
        String kernel = FirmwareHints.kernelIommu(machine.processor());
        if (machine.noIommuGroups()) {
            return CheckResult.bad(
                    "NoIommuMode",
                    "found no IOMMU group but those that VFIO makes up in its no-IOMMU mode, which no VM can use; turn the"
                            + " IOMMU on in the firmware's setup (" + firmware + "), " + kernel
                            + ", set enable_unsafe_noiommu_mode of the module vfio to N" + REBOOT);
        }
        return switch (machine.firmwareIommu()) {
            case YES ->
                CheckResult.bad(
                        "NotUsedByKernel",
                        "found no IOMMU group, though the firmware describes an IOMMU: the kernel does not use it; "
                                + kernel + REBOOT);
            case NO ->
                CheckResult.bad(
                        "NotInFirmware",
                        "found no IOMMU group, and the firmware describes no IOMMU; turn it on in the firmware's setup ("
                                + firmware + "), and " + kernel + REBOOT);
            case UNTOLD ->
                CheckResult.bad(
                        "NoIommuGroup",
                        "found no IOMMU group; turn the IOMMU on in the firmware's setup (" + firmware + "), and "
                                + kernel + REBOOT);
        };
    }

    /**
     * Whether a device's interrupts are checked: without, a guest that has a device can forge any interrupt of the host,
     * and VFIO refuses unless it is told otherwise (vfio_iommu_type1_attach_group).
     */
    public CheckResult interruptRemapping() {
        if (machine.interruptRemapping() == Seen.YES) {
            return CheckResult.good("Remapped", "the IOMMU checks interrupts");
        }
        if (!machine.iommuGroups()) {
            return CheckResult.unknown("NoIommu", "there is no IOMMU at work that could; see IommuEnabled");
        }
        if (machine.interruptRemapping() == Seen.UNTOLD) {
            return CheckResult.unknown(
                    "NotTold",
                    "found no interrupt of a device in /sys/kernel/irq, which would tell; `dmesg | grep -i remapping` as"
                            + " root does");
        }
        if (machine.unsafeInterrupts()) {
            return CheckResult.tolerable(
                    "UnsafeInterruptsAllowed",
                    "found interrupts that are not remapped, and VFIO told to do without (allow_unsafe_interrupts): a"
                            + " guest with a device can then forge interrupts of the host; run guests here that you trust,"
                            + " or turn interrupt remapping on and that parameter off");
        }
        return CheckResult.bad(
                "NotRemapped",
                "found interrupts that are not remapped, so VFIO refuses to pass devices through"
                        + (machine.remappingHardware() == Seen.NO
                                ? "; this IOMMU cannot remap them: use another machine, or, for guests that you trust, load"
                                        + " vfio_iommu_type1 with allow_unsafe_interrupts=1"
                                : "; " + FirmwareHints.remapping(machine.processor()) + REBOOT));
    }

    /** Whether vfio-pci can be given devices. */
    public CheckResult vfio() {
        if (!machine.vfioDriver()) {
            return CheckResult.bad("NoDriver", NO_VFIO);
        }
        return machine.vfioDevice()
                ? CheckResult.good("DriverFound", "a driver of VFIO is loaded")
                : CheckResult.bad(
                        "NoDevice",
                        "found the driver vfio-pci, but no /dev/vfio/vfio; load it with modprobe vfio, or use a kernel"
                                + " built with CONFIG_VFIO_CONTAINER");
    }

    /** Whether guests run on the processor itself. */
    public CheckResult kvmAvailable() {
        if (kvm()) {
            return kvmNode == null ? CheckResult.good("KvmFound", "the kernel serves /dev/kvm") : kvmNode;
        }
        return emulationAllowed
                ? CheckResult.tolerable(
                        "EmulationAllowed",
                        "found no usable /dev/kvm; VMs run in software emulation, since the agent was started with"
                                + " --allow-emulation")
                : CheckResult.bad(
                        "NoKvm",
                        "found no usable /dev/kvm; " + FirmwareHints.firmwareVirtualization(machine.processor())
                                + ", or start the agent with --allow-emulation, without which its devices are unhealthy");
    }

    /** Whether the kernel serves /dev/kvm. */
    public boolean kvm() {
        return machine.kvm();
    }

    /** Why nothing at all can be offered; null when nothing is in the way. */
    public @Nullable String obstacle() {
        return preventing().map(condition -> condition.finding().message()).orElse(null);
    }

    /** Why a group cannot be given to a VM that has nothing in the way itself; empty when nothing prevents it. */
    Optional<String> obstacleOf(PciAddress group) {
        return preventing()
                .map(condition -> group + " is kept back by its host: "
                        + condition.finding().found() + "; see the condition " + condition.type() + " of the node");
    }

    private Optional<Condition> preventing() {
        return conditions().stream()
                .filter(condition -> condition.finding().prevents())
                .findFirst();
    }
}
