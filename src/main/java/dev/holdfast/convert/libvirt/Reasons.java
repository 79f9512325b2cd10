package dev.holdfast.convert.libvirt;

import static java.util.Map.entry;

import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reasons why parts of a domain are not carried over, with their replacements, by the end of the path. */
final class Reasons {
    private static final String DEFAULT = "a PassthroughVM has no such setting; see docs/api.md for its fields";
    private static final String PINNING =
            "CPUs and memory cannot be pinned to those of the host; there is no replacement";
    private static final String REQUIRED = "set as required for devices that are passed through; no action is needed";
    private static final String HOST_SPECIFIC = "specific to the host; no action is needed";
    private static final String NO_HOTPLUG = "devices and memory cannot be plugged later; no action is needed";
    private static final String BINDING =
            "the device class determines who binds the device; set binding: Bind in it, or bind the device to vfio-pci on the node";
    private static final String FILTERS =
            "libvirt's filters are not supported; use a NetworkPolicy, which applies to the pod";
    private static final String ONE_QUEUE =
            "the network interface has one queue; pass a virtual function through for more";
    private static final String SNAPSHOT = "the domain of the snapshot's other state is not read; no action is needed";
    private static final String LOCKS = "there is no lock manager; the access mode of a claim ensures a single writer";

    private static final Map<String, String> TEXTS = Map.ofEntries(
            entry("domain/uuid", "SMBIOS has the UID of the VM; activate licenses again"),
            entry("domain/genid", "generation IDs are not supported; there is no replacement"),
            entry("domain/title", "there is no title; use an annotation"),
            entry("domain/description", "there is no description; use an annotation"),
            entry("domain/metadata", "used only by the program that wrote it; no action is needed"),
            entry("domain/maxMemory", NO_HOTPLUG),
            entry(
                    "domain/memtune",
                    "the limit is computed from the memory that VFIO pins; set memory.memlock.policy Fixed and a limit if the operator allows it"),
            entry(
                    "memoryBacking/locked",
                    "QEMU's own memory is not locked, and the limit is finite; VFIO pins the guest's memory in any case"),
            entry(
                    "memoryBacking/nosharepages",
                    "VFIO pins the guest's memory, so pages are not merged; no action is needed"),
            entry("memoryBacking/source", "memory.hugepages determines the kind of memory; no action is needed"),
            entry("memoryBacking/access", "memory is private to QEMU; no action is needed"),
            entry("memoryBacking/allocation", "VFIO pins all memory at start; no action is needed"),
            entry("memoryBacking/discard", "memory is released when QEMU exits; no action is needed"),
            entry("hugepages/page", "all memory has huge pages of one size; there is no replacement"),
            entry("page@nodeset", "there is one NUMA node; no action is needed"),
            entry("domain/vcpu@cpuset", PINNING),
            entry("domain/vcpu@placement", PINNING),
            entry("domain/vcpus", "CPUs cannot be plugged separately; no action is needed"),
            entry("domain/cputune", PINNING),
            entry("domain/numatune", PINNING),
            entry("domain/blkiotune", "disks have no weights; there is no replacement"),
            entry("domain/iothreads", "I/O threads are not supported; there is no replacement"),
            entry("domain/iothreadids", "I/O threads are not supported; there is no replacement"),
            entry("domain/resource", "the pod has its own cgroup; no action is needed"),
            entry("domain/keywrap", "specific to another architecture; no action is needed"),
            entry("domain/sysinfo", "SMBIOS has QEMU's own values; there is no replacement"),
            entry("domain/perf", "performance events are not counted; use perf on the node"),
            entry("domain/pm", "the guest cannot suspend; no action is needed"),
            entry("domain/seclabel", "the pod has the security labels of its container; no action is needed"),
            entry("domain/on_poweroff", "runStrategy determines the action, here RerunOnFailure; choose another"),
            entry("domain/on_reboot", "a guest that reboots stays in the same QEMU process; there is no replacement"),
            entry("domain/on_lockfailure", LOCKS),
            entry("domain/qemu:commandline", "arguments for QEMU cannot be set; see docs/api.md for fields"),
            entry("qemu:commandline/qemu:env", "QEMU's environment cannot be set; there is no replacement"),
            entry("domain/qemu:override", "properties of QEMU's devices cannot be set; there is no replacement"),
            entry("domain/qemu:capabilities", "capabilities of QEMU cannot be changed; there is no replacement"),
            entry("domain/qemu:deprecation", "used by libvirt only; no action is needed"),
            entry("os/smbios", "SMBIOS has QEMU's own values; there is no replacement"),
            entry("os/bios", "applies to SeaBIOS's menus and serial output; no action is needed"),
            entry("os/acpi", "ACPI tables cannot be added; there is no replacement"),
            entry("os/bootmenu", "there is no boot menu; use bootOrder"),
            entry("os/loader", "UEFI is OVMF of the launcher image; no action is needed"),
            entry("os/firmware", "UEFI is OVMF of the launcher image; no action is needed"),
            entry("os/nvram", "the variables start with the firmware's defaults; no action is needed"),
            entry("os@firmware", "firmware is bios or efi; no action is needed"),
            entry("features/smm", "UEFI with Secure Boot enables it; no action is needed"),
            entry("features/vmport", "QEMU's default applies; no action is needed"),
            entry("vmport@state", "QEMU's default applies; no action is needed"),
            entry("ioapic@driver", REQUIRED),
            entry("features/gic", "specific to another architecture; no action is needed"),
            entry("features/pvspinlock", "KVM's default applies; no action is needed"),
            entry("features/pmu", "KVM's default applies; no action is needed"),
            entry("features/msrs", "KVM's default applies; no action is needed"),
            entry("kvm/hint-dedicated", PINNING),
            entry("kvm/poll-control", "KVM's default applies; no action is needed"),
            entry("kvm/pv-ipi", "KVM's default applies; no action is needed"),
            entry("kvm/dirty-ring", "VMs do not migrate between nodes; no action is needed"),
            entry(
                    "hyperv/reenlightenment",
                    "features.hyperv is a fixed set without it, and VMs do not migrate; no action is needed"),
            entry("hyperv/evmcs", "features.hyperv is a fixed set without it; nested Hyper-V is slower"),
            entry("hyperv/tlbflush", "features.hyperv is a fixed set without it; no action is needed"),
            entry("hyperv/ipi", "features.hyperv is a fixed set without it; no action is needed"),
            entry("hyperv/avic", "features.hyperv is a fixed set without it; no action is needed"),
            entry("hyperv/emsr_bitmap", "features.hyperv is a fixed set without it; no action is needed"),
            entry("hyperv/xmm_input", "features.hyperv is a fixed set without it; no action is needed"),
            entry("domain@id", HOST_SPECIFIC),
            entry("interface/target", HOST_SPECIFIC),
            entry("serial/source", HOST_SPECIFIC),
            entry("serial/alias", HOST_SPECIFIC),
            entry("serial@tty", HOST_SPECIFIC),
            entry("console/source", HOST_SPECIFIC),
            entry("stimer/direct", "features.hyperv is a fixed set without it; no action is needed"),
            entry("clock/timer", "timers are set as by virt-install; no action is needed"),
            entry("clock@offset", "the clock shows UTC; set clock.timezone for local time"),
            entry("clock@basis", "the clock shows UTC; set clock.timezone for local time"),
            entry("clock@adjustment", "the clock has no offset; set the time in the guest"),
            entry(
                    "cpu/feature",
                    "single CPU features cannot be set; use host-passthrough, which has all features of the node's CPU, or a cpu.model that has them"),
            entry("cpu/cache", "the caches are those of the CPU model; no action is needed"),
            entry("cpu/maxphysaddr", "the address bits are computed for the devices' BARs; no action is needed"),
            entry("cpu/vendor", "the vendor is that of the CPU model; no action is needed"),
            entry("cpu@check", "QEMU checks the model at start; no action is needed"),
            entry("cpu@match", "QEMU checks the model at start; no action is needed"),
            entry("cpu@migratable", "VMs do not migrate between nodes; no action is needed"),
            entry("devices/emulator", "QEMU is that of the launcher image; set spec.launcherImage for another"),
            entry("devices/controller", "the machine gets the controllers that its devices need; no action is needed"),
            entry(
                    "devices/graphics",
                    "the emulated display is not shown anywhere; use remote desktop in the guest, the GPU's own output, or `kubectl attach` for the serial console"),
            entry(
                    "devices/input",
                    "there are no input devices, because the emulated display is not shown anywhere; use remote desktop in the guest"),
            entry("devices/sound", "there is no sound device; use the audio function of the GPU"),
            entry("devices/audio", "there is no sound device; use the audio function of the GPU"),
            entry("devices/channel", "guest agent and SPICE are not supported; use the network to reach the guest"),
            entry("devices/console", "there is one console, the serial port; use `kubectl attach`"),
            entry("devices/serial", "there is one serial port, the pod's terminal; use `kubectl attach`"),
            entry("serial/log", "`kubectl logs` shows the serial console; no action is needed"),
            entry("devices/parallel", "parallel ports are not supported; there is no replacement"),
            entry("devices/redirdev", "USB redirection is not supported; there is no replacement"),
            entry("devices/redirfilter", "USB redirection is not supported; there is no replacement"),
            entry("devices/hub", "USB is not supported; there is no replacement"),
            entry("devices/smartcard", "smart cards are not supported; there is no replacement"),
            entry("devices/filesystem", "shared file systems are not supported; use a disk, or NFS in the guest"),
            entry("devices/tpm", "TPMs are not supported yet; remove the TPM, or keep the domain on libvirt"),
            entry("devices/memballoon", "there is no balloon, because VFIO pins all memory; no action is needed"),
            entry("devices/watchdog", "only the i6300esb is supported; use devices.watchdog.i6300esb"),
            entry("devices/panic", "there is a pvpanic device on the ISA bus; no action is needed"),
            entry(
                    "devices/shmem",
                    "shared memory between VMs is not supported, so the limit does not include its size; use the network"),
            entry("devices/vsock", "vsock is not supported; use the network"),
            entry("devices/crypto", "crypto devices are not supported; there is no replacement"),
            entry("devices/lease", LOCKS),
            entry("devices/nvram", "specific to another architecture; no action is needed"),
            entry("devices/rng", "there is one source of random numbers; no action is needed"),
            entry("rng/rate", "the rate of random numbers is not limited; no action is needed"),
            entry("rng/backend", "random numbers come from the node's kernel; no action is needed"),
            entry("rng/driver", REQUIRED),
            entry("devices/iommu", "the guest can have at most one IOMMU; no action is needed"),
            entry("iommu/driver", REQUIRED),
            entry("driver@intremap", REQUIRED),
            entry("driver@caching_mode", REQUIRED),
            entry("driver@eim", REQUIRED),
            entry("driver@iotlb", REQUIRED),
            entry("driver@aw_bits", REQUIRED),
            entry("driver@dma_translation", REQUIRED),
            entry("hostdev@managed", BINDING),
            entry("interface@managed", BINDING),
            entry("hostdev/driver", "devices are passed through by vfio-pci; no action is needed"),
            entry(
                    "driver@iommufd",
                    "devices use a VFIO container instead of iommufd, which charges the user; no action is needed"),
            entry("hostdev/boot", "guests boot from disks; add one"),
            entry(
                    "hostdev/rom",
                    "an option ROM can only be set for a GPU; move the device to devices.gpus to use romBar and romFile"),
            entry("hostdev/teaming", "VMs do not migrate between nodes; no action is needed"),
            entry("interface/teaming", "VMs do not migrate between nodes; no action is needed"),
            entry("interface/boot", "guests do not boot from the network; add a disk"),
            entry("interface/rom", "guests do not boot from the network; no action is needed"),
            entry("interface/mtu", "the MTU is that of QEMU's user network; no action is needed"),
            entry("interface/bandwidth", "bandwidth is not limited; use the annotations of the network plugin"),
            entry("interface/vlan", "VLANs are not supported; set one for the virtual function on the node"),
            entry(
                    "interface/mac",
                    "the address of a virtual function is set on the node; set it there (ip link set … vf)"),
            entry("interface/virtualport", "the guest is on the pod's network; no action is needed"),
            entry("interface/filterref", FILTERS),
            entry("interface/port", FILTERS),
            entry("interface/portForward", "ports are those of the pod; list them in interfaces[0].ports"),
            entry("interface/backend", "the network is QEMU's user network; no action is needed"),
            entry("interface/driver", ONE_QUEUE),
            entry("interface/tune", ONE_QUEUE),
            entry("interface/coalesce", ONE_QUEUE),
            entry("interface/guest", "the guest names its interface; no action is needed"),
            entry(
                    "interface/acpi",
                    "devices have no ACPI index; identify the interface by its macAddress in the guest"),
            entry("interface/link", "the link is always up; set the interface down in the guest"),
            entry("link@state", "the link is always up; set the interface down in the guest"),
            entry("interface@trustGuestRxFilters", "the guest is on QEMU's user network; no action is needed"),
            entry("disk@snapshot", "snapshots are not supported; use those of the storage"),
            entry(
                    "disk@model",
                    "virtio devices are modern; no action is needed for a guest with a driver for virtio 1.0"),
            entry("disk/iotune", "disks are not throttled; use the limits of the storage"),
            entry(
                    "disk/encryption",
                    "QEMU does not decrypt images; decrypt the image when you copy it, and encrypt the storage"),
            entry("disk/auth", "the driver of the claim has its own credentials; no action is needed"),
            entry("disk/mirror", "belongs to a finished job; no action is needed"),
            entry("disk/transient", "data in a claim is kept; use a containerDisk for temporary data"),
            entry("disk/shareable", "a disk has one writer only; use a network file system"),
            entry("disk/wwn", "disks have no world wide name; use serial"),
            entry("disk/vendor", "disks have no vendor; use serial"),
            entry("disk/product", "disks have no product name; use serial"),
            entry("disk/geometry", "disks have no geometry; no action is needed"),
            entry("disk/blockio", "disks have sectors of 512 bytes; there is no replacement"),
            entry("disk/boot", "the order must be 1 to 64; set bootOrder"),
            entry("target@rotation_rate", "cannot be set; no action is needed"),
            entry("target@removable", "cannot be set; no action is needed"),
            entry("target@tray", "the tray is always closed; no action is needed"),
            entry("disk/driver@iothread", "I/O threads are not supported; there is no replacement"),
            entry("disk/driver@queues", "a disk has QEMU's default number of queues; no action is needed"),
            entry("disk/driver@queue_size", "a disk has queues of QEMU's default length; no action is needed"),
            entry("disk/driver@detect_zeroes", "discard unmap, the default, includes it; no action is needed"),
            entry(
                    "disk/driver@error_policy",
                    "disk errors are reported to the guest, or stop it if there is no space; no action is needed"),
            entry("disk/driver@rerror_policy", "disk errors are reported to the guest; no action is needed"),
            entry("disk/driver@discard_no_unref", "cannot be set; no action is needed"),
            entry("driver@packed", "QEMU's default applies; no action is needed"),
            entry("driver@iommu", "cannot be set; no action is needed"),
            entry("video/driver", "cannot be set; no action is needed"),
            entry("model@heads", "the display has one head; no action is needed"),
            entry("model@vram", "the memory of a display of this type cannot be set; no action is needed"),
            entry("model@blob", "cannot be set; no action is needed"),
            entry("model/acceleration", "the display is not accelerated; use the GPU"),
            entry("model/resolution", "the guest chooses the resolution; no action is needed"),
            entry("watchdog@action", "the action is not supported; use reset, poweroff or shutdown"),
            entry("console@tty", HOST_SPECIFIC),
            entry("domainsnapshot/domain", SNAPSHOT),
            entry("domainsnapshot/inactiveDomain", SNAPSHOT),
            entry("domainsnapshot/memory", "a snapshot's memory is not carried over; the VM starts from its disks"),
            entry(
                    "domainsnapshot/disks",
                    "the disks of a snapshot are files of the host; copy the required state into the claims"));

    private static final Map<String, String> HOSTDEVS = Map.of(
            "usb", "USB devices are not passed through; pass a whole USB controller through as a PCI device",
            "scsi", "SCSI devices are not passed through; pass the controller through as a PCI device, or use a claim",
            "scsi_host", "SCSI hosts are not passed through; use a claim",
            "mdev",
                    "mediated devices are not passed through, so the limit does not include it; use a vGPU that is a virtual function, or the whole GPU");

    /** Elements of all devices that are reported together. */
    static final List<String> COMMON = List.of("address", "alias");

    private Reasons() {}

    /** Reports all parts that no rule has read. */
    static void report(Part root, Notes notes) {
        root.unread(part -> isCommon(part) || find(part.path()).isPresent())
                .filter(part -> !isCommon(part))
                .toList()
                .forEach(part -> notes.notCarriedOver(part, find(part.path()).orElse(DEFAULT)));
    }

    /** Returns the reason why a device that is not a PCI function is not carried over. */
    static String hostdev(String type) {
        return HOSTDEVS.getOrDefault(type, "only PCI devices are passed through; there is no replacement");
    }

    private static boolean isCommon(Part part) {
        return COMMON.contains(part.name()) && part.path().matches(".*/devices/[^/]+/[a-z]+");
    }

    static void timer(Part timer, Notes notes) {
        String name = timer.attribute("name").peek().orElse("");
        notes.notCarriedOver(
                timer,
                switch (name) {
                    case "hpet" -> "there is no HPET under KVM; no action is needed";
                    case "hypervclock" -> "part of features.hyperv; set that for Windows";
                    default -> "timers are set as by virt-install; no action is needed";
                });
    }

    /** Returns the reason for the longest end of the path that has one; parts outside a domain belong to its host. */
    private static Optional<String> find(String path) {
        String end = path.replaceAll("\\[[^\\]]*\\]", "").substring(1);
        boolean around = !path.contains("/domain") || !path.matches("(/dom[a-z]+)?/domain[/@].*");
        while (!TEXTS.containsKey(end)) {
            int slash = end.indexOf('/');
            if (slash < 0) {
                return around ? Optional.of(HOST_SPECIFIC) : Optional.empty();
            }
            end = end.substring(slash + 1);
        }
        return Optional.ofNullable(TEXTS.get(end));
    }
}
