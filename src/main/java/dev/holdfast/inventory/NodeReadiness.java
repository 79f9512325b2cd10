package dev.holdfast.inventory;

import dev.holdfast.host.pci.HostCapabilities;
import dev.holdfast.host.pci.HostCapabilities.Seen;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.pci.PciAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Capabilities of a node as a whole, and what to do about missing ones.
 *
 * @param capabilities     capabilities shown by sysfs
 * @param emulationAllowed whether VMs may run without KVM, in software
 * @param kvmNode          result of checking the device node of KVM; null when unknown
 */
public record NodeReadiness(
        HostCapabilities capabilities,
        boolean emulationAllowed,
        @Nullable CheckResult kvmNode) {
    /** Message with the remedy for a missing driver. */
    public static final String NO_VFIO =
            "found no driver vfio-pci; load it with modprobe vfio-pci, and configure it to be loaded at boot (modules-load.d)";

    /** Node architecture that a VM's pod requires; VMs are x86-64. */
    private static final String ARCHITECTURE = "amd64";

    private static final String REBOOT = ", then reboot";

    /** Value before the first observation. */
    public static final NodeReadiness UNSEEN = new NodeReadiness(HostCapabilities.UNSEEN, false, null);

    public static NodeReadiness of(Sysfs sysfs, boolean emulationAllowed) {
        return new NodeReadiness(sysfs.capabilities(), emulationAllowed, null);
    }

    /** Returns a copy with the result of checking the device node of KVM. */
    public NodeReadiness withKvmNode(CheckResult found) {
        return new NodeReadiness(capabilities, emulationAllowed, found);
    }

    /**
     * A condition that is reported for a node.
     *
     * @param type CamelCase
     */
    public record Condition(String type, CheckResult result) {}

    /** Returns all conditions; starts with the architecture, which is reported only when VMs cannot run on it. */
    public List<Condition> conditions() {
        List<Condition> conditions = new ArrayList<>();
        if (!capabilities.runsVms()) {
            conditions.add(new Condition("Architecture", architecture()));
        }
        conditions.add(new Condition("IommuEnabled", iommu()));
        conditions.add(new Condition("InterruptRemapping", interruptRemapping()));
        conditions.add(new Condition("VfioReady", vfio()));
        conditions.add(new Condition("KvmAvailable", kvmAvailable()));
        return List.copyOf(conditions);
    }

    /** Checks whether the processors can run VMs at all. */
    CheckResult architecture() {
        return capabilities.runsVms()
                ? CheckResult.good("X86", "the processors have the architecture of VMs")
                : CheckResult.bad(
                        "OtherArchitecture",
                        "found processors of the architecture " + capabilities.architecture()
                                + ", but VMs require x86-64 (" + ARCHITECTURE
                                + "); use another node: no VM pod is scheduled here");
    }

    /** Checks whether the kernel uses an IOMMU. */
    public CheckResult iommu() {
        if (capabilities.iommuGroups()) {
            Integer bits = capabilities.iommuAddressBits();
            return CheckResult.good(
                    "IommuGroupsFound",
                    "the kernel has made IOMMU groups"
                            + (bits == null ? "" : ", and the IOMMU translates addresses of %d bits".formatted(bits)));
        }
        String firmware = FirmwareHints.firmwareIommu(capabilities.processor());
        String kernel = FirmwareHints.kernelIommu(capabilities.processor());
        if (capabilities.noIommuGroups()) {
            return CheckResult.bad(
                    "NoIommuMode",
                    "found no IOMMU group except those that VFIO makes in its no-IOMMU mode, which no VM can use; enable the"
                            + " IOMMU in the firmware setup (" + firmware + "), " + kernel
                            + ", set enable_unsafe_noiommu_mode of the module vfio to N" + REBOOT);
        }
        return switch (capabilities.firmwareIommu()) {
            case YES ->
                CheckResult.bad(
                        "NotUsedByKernel",
                        "found no IOMMU group, though the firmware describes an IOMMU: the kernel does not use it; "
                                + kernel + REBOOT);
            case NO ->
                CheckResult.bad(
                        "NotInFirmware",
                        "found no IOMMU group, and the firmware describes no IOMMU; enable it in the firmware setup ("
                                + firmware + "), and " + kernel + REBOOT);
            case UNKNOWN ->
                CheckResult.bad(
                        "NoIommuGroup",
                        "found no IOMMU group; enable the IOMMU in the firmware setup (" + firmware + "), and " + kernel
                                + REBOOT);
        };
    }

    /**
     * Checks whether interrupts of devices are remapped: otherwise a guest with a device can forge any interrupt of the
     * host, and VFIO refuses to pass devices through unless configured otherwise (vfio_iommu_type1_attach_group).
     */
    public CheckResult interruptRemapping() {
        if (capabilities.interruptRemapping() == Seen.YES) {
            return CheckResult.good("Remapped", "the IOMMU checks interrupts");
        }
        if (!capabilities.iommuGroups()) {
            return CheckResult.unknown("NoIommu", "found no IOMMU in use; see IommuEnabled");
        }
        if (capabilities.interruptRemapping() == Seen.UNKNOWN) {
            return CheckResult.unknown(
                    "NotReported",
                    "found no interrupt of a device in /sys/kernel/irq, which would show it; run `dmesg | grep -i"
                            + " remapping` as root");
        }
        if (capabilities.unsafeInterrupts()) {
            return CheckResult.tolerable(
                    "UnsafeInterruptsAllowed",
                    "found interrupts that are not remapped, which VFIO is configured to allow (allow_unsafe_interrupts): a"
                            + " guest with a device can then forge interrupts of the host; run only guests that you trust,"
                            + " or enable interrupt remapping and remove that parameter");
        }
        return CheckResult.bad(
                "NotRemapped",
                "found interrupts that are not remapped, so VFIO refuses to pass devices through"
                        + (capabilities.remappingHardware() == Seen.NO
                                ? "; this IOMMU cannot remap them: use another machine, or, for guests that you trust, load"
                                        + " vfio_iommu_type1 with allow_unsafe_interrupts=1"
                                : "; " + FirmwareHints.remapping(capabilities.processor()) + REBOOT));
    }

    /** Checks whether devices can be bound to vfio-pci. */
    public CheckResult vfio() {
        if (!capabilities.vfioDriver()) {
            return CheckResult.bad("NoDriver", NO_VFIO);
        }
        return capabilities.vfioDevice()
                ? CheckResult.good("DriverFound", "a VFIO driver is loaded")
                : CheckResult.bad(
                        "NoDevice",
                        "found the driver vfio-pci, but no /dev/vfio/vfio; load it with modprobe vfio, or use a kernel"
                                + " built with CONFIG_VFIO_CONTAINER");
    }

    /** Checks whether guests run on the processor itself. */
    public CheckResult kvmAvailable() {
        if (kvm()) {
            return kvmNode == null ? CheckResult.good("KvmFound", "the kernel provides /dev/kvm") : kvmNode;
        }
        return emulationAllowed
                ? CheckResult.tolerable(
                        "EmulationAllowed",
                        "found no usable /dev/kvm; VMs run in software emulation, since the agent was started with"
                                + " --allow-emulation")
                : CheckResult.bad(
                        "NoKvm",
                        "found no usable /dev/kvm; " + FirmwareHints.firmwareVirtualization(capabilities.processor())
                                + "; until then the devices of this node are unhealthy at the kubelet; for tests, start the agent with --allow-emulation");
    }

    /** Returns whether the kernel provides /dev/kvm. */
    public boolean kvm() {
        return capabilities.kvm();
    }

    /** Returns the message about what prevents all devices from being offered; null for nothing. */
    public @Nullable String obstacle() {
        return preventing().map(condition -> condition.result().message()).orElse(null);
    }

    /** Returns the message about what prevents a viable group from being given to a VM; empty for nothing. */
    Optional<String> obstacleOf(PciAddress group) {
        return preventing()
                .map(condition -> group + " cannot be passed through on this host: "
                        + condition.result().found() + "; see the condition " + condition.type() + " of the node");
    }

    private Optional<Condition> preventing() {
        return conditions().stream()
                .filter(condition -> condition.result().prevents())
                .findFirst();
    }
}
