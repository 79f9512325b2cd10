package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Why a part of a domain is not carried over, and what there is instead, by the end of its path. */
final class Reasons {
    private static final String OTHERWISE =
            "a PassthroughVM has nothing of that kind; do without, or look for it in docs/api.md";
    private static final String NO_PIN = "CPUs and memory are not pinned to the host's by hand; do without";
    private static final String SET = "it is set as passed-through devices need it; nothing to do";
    private static final String PERSONAL = "it is of that host; nothing to do";
    private static final String PLUG = "nothing is plugged in later; nothing to do";

    private static final Map<String, String> TEXTS = Map.ofEntries(
            Map.entry("domain/uuid", "SMBIOS has the VM's own UID; bind licences anew"),
            Map.entry("domain/genid", "there is no generation id; do without"),
            Map.entry("domain/title", "there is no title; use an annotation"),
            Map.entry("domain/description", "there is no description; use an annotation"),
            Map.entry("domain/metadata", "it means something to the program that wrote it; nothing to do"),
            Map.entry("domain/maxMemory", PLUG),
            Map.entry(
                    "domain/memtune",
                    "the limit is computed, from what VFIO pins; take memory.memlock.policy Fixed and a limit where the operator allows it"),
            Map.entry(
                    "memoryBacking/locked",
                    "QEMU's own memory is not locked, and the limit is finite; the guest's is pinned by VFIO anyway"),
            Map.entry(
                    "memoryBacking/nosharepages",
                    "VFIO pins the guest's memory, so pages are not merged; nothing to do"),
            Map.entry("memoryBacking/source", "the kind of memory is chosen by memory.hugepages; nothing to do"),
            Map.entry("memoryBacking/access", "memory is private to QEMU; nothing to do"),
            Map.entry("memoryBacking/allocation", "VFIO pins all memory at the start; nothing to do"),
            Map.entry("memoryBacking/discard", "memory is given back when QEMU ends anyway; nothing to do"),
            Map.entry("hugepages/page", "there is one size of huge pages for all memory; do without"),
            Map.entry("page@nodeset", "there is one NUMA node; nothing to do"),
            Map.entry("domain/vcpu@cpuset", NO_PIN),
            Map.entry("domain/vcpu@placement", NO_PIN),
            Map.entry("domain/vcpus", "CPUs are not plugged in one by one; nothing to do"),
            Map.entry("domain/cputune", NO_PIN),
            Map.entry("domain/numatune", NO_PIN),
            Map.entry("domain/blkiotune", "disks have no weights; do without"),
            Map.entry("domain/iothreads", "there are no I/O threads; do without"),
            Map.entry("domain/iothreadids", "there are no I/O threads; do without"),
            Map.entry("domain/resource", "the pod has a cgroup of its own; nothing to do"),
            Map.entry("domain/keywrap", "it is of another architecture; nothing to do"),
            Map.entry("domain/sysinfo", "SMBIOS has QEMU's own values; do without"),
            Map.entry("domain/perf", "no performance events are counted; use perf on the node"),
            Map.entry("domain/pm", "the guest cannot suspend; nothing to do"),
            Map.entry("domain/seclabel", "the pod has the labels of its container; nothing to do"),
            Map.entry("domain/on_poweroff", "the runStrategy says what follows, here RerunOnFailure; choose another"),
            Map.entry("domain/on_reboot", "a guest that reboots goes on in the same QEMU; do without"),
            Map.entry("domain/on_lockfailure", "there is no lock manager; claims have one writer by their access mode"),
            Map.entry("domain/qemu:commandline", "arguments for QEMU cannot be given; look for a field in docs/api.md"),
            Map.entry("qemu:commandline/qemu:env", "QEMU's environment cannot be set; do without"),
            Map.entry("domain/qemu:override", "properties of QEMU's devices cannot be set; do without"),
            Map.entry("domain/qemu:capabilities", "capabilities of QEMU cannot be changed; do without"),
            Map.entry("domain/qemu:deprecation", "it is libvirt's own; nothing to do"),
            Map.entry("os/smbios", "SMBIOS has QEMU's own values; do without"),
            Map.entry("os/bios", "it is of SeaBIOS's menus and serial output; nothing to do"),
            Map.entry("os/acpi", "there are no ACPI tables from outside; do without"),
            Map.entry("os/bootmenu", "there is no boot menu; choose by bootOrder"),
            Map.entry("os/loader", "UEFI is OVMF of the launcher's image; nothing to do"),
            Map.entry("os/firmware", "UEFI is OVMF of the launcher's image; nothing to do"),
            Map.entry("os/nvram", "the variables begin with the firmware's own; nothing to do"),
            Map.entry("os@firmware", "firmware is bios or efi; nothing to do"),
            Map.entry("features/smm", "UEFI with Secure Boot turns it on by itself; nothing to do"),
            Map.entry("features/vmport", "it is QEMU's default; nothing to do"),
            Map.entry("vmport@state", "it is QEMU's default; nothing to do"),
            Map.entry("ioapic@driver", SET),
            Map.entry("features/gic", "it is of another architecture; nothing to do"),
            Map.entry("features/pvspinlock", "it is KVM's default; nothing to do"),
            Map.entry("features/pmu", "it is KVM's default; nothing to do"),
            Map.entry("features/msrs", "it is KVM's default; nothing to do"),
            Map.entry("kvm/hint-dedicated", NO_PIN),
            Map.entry("kvm/poll-control", "it is KVM's default; nothing to do"),
            Map.entry("kvm/pv-ipi", "it is KVM's default; nothing to do"),
            Map.entry("kvm/dirty-ring", "VMs do not move between nodes; nothing to do"),
            Map.entry(
                    "hyperv/reenlightenment",
                    "features.hyperv is a fixed set without it, and VMs do not move; nothing to do"),
            Map.entry("hyperv/evmcs", "features.hyperv is a fixed set without it; nested Hyper-V is slower"),
            Map.entry("hyperv/tlbflush", "features.hyperv is a fixed set without it; nothing to do"),
            Map.entry("hyperv/ipi", "features.hyperv is a fixed set without it; nothing to do"),
            Map.entry("hyperv/avic", "features.hyperv is a fixed set without it; nothing to do"),
            Map.entry("hyperv/emsr_bitmap", "features.hyperv is a fixed set without it; nothing to do"),
            Map.entry("hyperv/xmm_input", "features.hyperv is a fixed set without it; nothing to do"),
            Map.entry("domain@id", PERSONAL),
            Map.entry("interface/target", PERSONAL),
            Map.entry("serial/source", PERSONAL),
            Map.entry("serial/alias", PERSONAL),
            Map.entry("serial@tty", PERSONAL),
            Map.entry("console/source", PERSONAL),
            Map.entry("stimer/direct", "features.hyperv is a fixed set without it; nothing to do"),
            Map.entry("clock/timer", "the timers are set as virt-install sets them; nothing to do"),
            Map.entry("clock@offset", "the clock shows UTC; set clock.timezone for local time"),
            Map.entry("clock@basis", "the clock shows UTC; set clock.timezone for local time"),
            Map.entry("clock@adjustment", "the clock has no offset; set the time in the guest"),
            Map.entry(
                    "cpu/feature",
                    "single CPU features are not set; host-passthrough has all of the node's, or name a cpu.model that has them"),
            Map.entry("cpu/cache", "the caches are those of the CPU model; nothing to do"),
            Map.entry("cpu/maxphysaddr", "the address bits are chosen for the devices' BARs; nothing to do"),
            Map.entry("cpu/vendor", "a CPU model has a vendor; nothing to do"),
            Map.entry("cpu@check", "QEMU checks the model when it starts; nothing to do"),
            Map.entry("cpu@match", "QEMU checks the model when it starts; nothing to do"),
            Map.entry("cpu@migratable", "VMs do not move between nodes; nothing to do"),
            Map.entry("devices/emulator", "QEMU is that of the launcher's image; give spec.launcherImage for another"),
            Map.entry("devices/controller", "the machine gets the controllers that its devices need; nothing to do"),
            Map.entry(
                    "devices/graphics",
                    "nothing shows the emulated display; use remote desktop in the guest, the GPU's own output, or `kubectl attach` for the serial console"),
            Map.entry(
                    "devices/input",
                    "there are no input devices, as nothing shows the emulated display; use remote desktop in the guest"),
            Map.entry("devices/sound", "there is no sound device; use the audio function that comes with the GPU"),
            Map.entry("devices/audio", "there is no sound device; use the audio function that comes with the GPU"),
            Map.entry("devices/channel", "there is no guest agent and no SPICE; reach the guest by the network"),
            Map.entry("devices/console", "there is one console, the serial port; use `kubectl attach`"),
            Map.entry("devices/serial", "there is one serial port, the pod's terminal; use `kubectl attach`"),
            Map.entry("serial/log", "`kubectl logs` has the serial console; nothing to do"),
            Map.entry("devices/parallel", "there is no parallel port; do without"),
            Map.entry("devices/redirdev", "there is no USB redirection; do without"),
            Map.entry("devices/redirfilter", "there is no USB redirection; do without"),
            Map.entry("devices/hub", "there is no USB; do without"),
            Map.entry("devices/smartcard", "there are no smart cards; do without"),
            Map.entry("devices/filesystem", "there are no shared file systems; use a disk, or NFS in the guest"),
            Map.entry("devices/tpm", "there is no TPM yet; do without, or leave the domain where it is"),
            Map.entry("devices/memballoon", "there is no balloon, as VFIO pins all memory; nothing to do"),
            Map.entry("devices/watchdog", "there is the i6300esb alone; use devices.watchdog.i6300esb"),
            Map.entry("devices/panic", "there is a pvpanic device on the ISA bus; nothing to do"),
            Map.entry(
                    "devices/shmem",
                    "there is no shared memory between VMs, so the limit lacks its size; use the network"),
            Map.entry("devices/vsock", "there is no vsock; use the network"),
            Map.entry("devices/crypto", "there is no crypto device; do without"),
            Map.entry("devices/lease", "there is no lock manager; claims have one writer by their access mode"),
            Map.entry("devices/nvram", "it is of another architecture; nothing to do"),
            Map.entry("devices/rng", "there is one source of random numbers; nothing to do"),
            Map.entry("rng/rate", "random numbers are not rationed; nothing to do"),
            Map.entry("rng/backend", "random numbers come from the node's kernel; nothing to do"),
            Map.entry("rng/driver", SET),
            Map.entry("devices/iommu", "the guest has at most one IOMMU; nothing to do"),
            Map.entry("iommu/driver", SET),
            Map.entry("driver@intremap", SET),
            Map.entry("driver@caching_mode", SET),
            Map.entry("driver@eim", SET),
            Map.entry("driver@iotlb", SET),
            Map.entry("driver@aw_bits", SET),
            Map.entry("driver@dma_translation", SET),
            Map.entry(
                    "hostdev@managed",
                    "the device class decides who binds the device; give it binding: Bind, or bind the device to vfio-pci on the node"),
            Map.entry(
                    "interface@managed",
                    "the device class decides who binds the device; give it binding: Bind, or bind the device to vfio-pci on the node"),
            Map.entry(
                    "hostdev/driver",
                    "devices are passed through by vfio-pci and the kernel's own account; nothing to do"),
            Map.entry(
                    "driver@iommufd",
                    "devices are in a VFIO container, not on iommufd, whose account is the user's; nothing to do"),
            Map.entry("hostdev/boot", "guests start from disks; give one"),
            Map.entry(
                    "hostdev/rom",
                    "only a GPU has an option ROM to set; move the device to devices.gpus for romBar and romFile"),
            Map.entry("hostdev/teaming", "VMs do not move between nodes; nothing to do"),
            Map.entry("interface/teaming", "VMs do not move between nodes; nothing to do"),
            Map.entry("interface/boot", "guests do not start from the network; give a disk"),
            Map.entry("interface/rom", "guests do not start from the network; nothing to do"),
            Map.entry("interface/mtu", "the MTU is that of QEMU's user network; nothing to do"),
            Map.entry("interface/bandwidth", "bandwidth is not limited; use the network plugin's annotations"),
            Map.entry("interface/vlan", "there are no VLANs; set one on the virtual function on the node"),
            Map.entry(
                    "interface/mac",
                    "the address of a virtual function is set on the node; set it there (ip link set … vf)"),
            Map.entry("interface/virtualport", "the guest is on the pod's network; nothing to do"),
            Map.entry(
                    "interface/filterref",
                    "there are no filters of libvirt; use a NetworkPolicy, which holds for the pod"),
            Map.entry(
                    "interface/port", "there are no filters of libvirt; use a NetworkPolicy, which holds for the pod"),
            Map.entry("interface/portForward", "ports are those of the pod; list them in interfaces[0].ports"),
            Map.entry("interface/backend", "the network is QEMU's user network; nothing to do"),
            Map.entry("interface/driver", "the network card has one queue; pass a virtual function through for more"),
            Map.entry("interface/tune", "the network card has one queue; pass a virtual function through for more"),
            Map.entry("interface/coalesce", "the network card has one queue; pass a virtual function through for more"),
            Map.entry("interface/guest", "the guest names its card; nothing to do"),
            Map.entry("interface/acpi", "devices have no ACPI index; name the card by its macAddress in the guest"),
            Map.entry("interface/link", "the link is always up; take the interface down in the guest"),
            Map.entry("link@state", "the link is always up; take the interface down in the guest"),
            Map.entry("interface@trustGuestRxFilters", "the guest is on QEMU's user network; nothing to do"),
            Map.entry("disk@snapshot", "there are no snapshots; use those of the storage"),
            Map.entry(
                    "disk@model", "virtio devices are modern; nothing to do for a guest with a driver for virtio 1.0"),
            Map.entry("disk/iotune", "disks are not throttled; use the storage's own limits"),
            Map.entry(
                    "disk/encryption",
                    "QEMU decrypts no images; decrypt it when it is copied, and encrypt the storage"),
            Map.entry("disk/auth", "the claim's driver has its own credentials; nothing to do"),
            Map.entry("disk/mirror", "it is of a job that ran; nothing to do"),
            Map.entry("disk/transient", "what is written to a claim stays; use a containerDisk to lose it"),
            Map.entry("disk/shareable", "a disk has one writer; use a network file system"),
            Map.entry("disk/wwn", "disks have no world wide name; use serial"),
            Map.entry("disk/vendor", "disks have no vendor; use serial"),
            Map.entry("disk/product", "disks have no product name; use serial"),
            Map.entry("disk/geometry", "disks have no geometry; nothing to do"),
            Map.entry("disk/blockio", "disks have sectors of 512 bytes; do without"),
            Map.entry("disk/boot", "the order must be 1 to 64; set bootOrder"),
            Map.entry("target@rotation_rate", "it cannot be set; nothing to do"),
            Map.entry("target@removable", "it cannot be set; nothing to do"),
            Map.entry("target@tray", "the tray is closed; nothing to do"),
            Map.entry("disk/driver@iothread", "there are no I/O threads; do without"),
            Map.entry("disk/driver@queues", "the number of a disk's queues is QEMU's default; nothing to do"),
            Map.entry("disk/driver@queue_size", "the length of a disk's queues is QEMU's default; nothing to do"),
            Map.entry("disk/driver@detect_zeroes", "discard unmap, the default, does that too; nothing to do"),
            Map.entry(
                    "disk/driver@error_policy",
                    "a disk's error is reported to the guest, or stops it when there is no room; nothing to do"),
            Map.entry("disk/driver@rerror_policy", "a disk's error is reported to the guest; nothing to do"),
            Map.entry("disk/driver@discard_no_unref", "it cannot be set; nothing to do"),
            Map.entry("driver@packed", "it is QEMU's default; nothing to do"),
            Map.entry("driver@iommu", "it cannot be set; nothing to do"),
            Map.entry("video/driver", "it cannot be set; nothing to do"),
            Map.entry("model@heads", "the display has one head; nothing to do"),
            Map.entry("model@vram", "the display's memory cannot be set for this type; nothing to do"),
            Map.entry("model@blob", "it cannot be set; nothing to do"),
            Map.entry("model/acceleration", "the display is not accelerated; use the GPU"),
            Map.entry("model/resolution", "the guest chooses the resolution; nothing to do"),
            Map.entry("watchdog@action", "there is no such action; use reset, poweroff or shutdown"),
            Map.entry("console@tty", PERSONAL),
            Map.entry("domainsnapshot/domain", "the domain of the snapshot's other state is not read; nothing to do"),
            Map.entry(
                    "domainsnapshot/inactiveDomain",
                    "the domain of the snapshot's other state is not read; nothing to do"),
            Map.entry("domainsnapshot/memory", "a snapshot's memory is not carried over; the VM starts from its disks"),
            Map.entry(
                    "domainsnapshot/disks",
                    "a snapshot's disks are files of the host; copy the state that is wanted into the claims"));

    private static final Map<String, String> HOSTDEVS = Map.of(
            "usb", "USB devices are not passed through; pass a whole USB controller through as a PCI device",
            "scsi", "SCSI devices are not passed through; pass the controller through as a PCI device, or use a claim",
            "scsi_host", "SCSI hosts are not passed through; use a claim",
            "mdev",
                    "mediated devices are not passed through, so the limit lacks it; use a vGPU that is a virtual function, or the whole GPU");

    /** Elements of any device that are reported together. */
    static final List<String> COMMON = List.of("address", "alias");

    private Reasons() {}

    /** Reports all that no rule has read. */
    static void report(Part root, Notes notes) {
        root.unread(part -> isCommon(part) || find(part.path()).isPresent())
                .filter(part -> !isCommon(part))
                .toList()
                .forEach(part -> notes.notCarriedOver(part, find(part.path()).orElse(OTHERWISE)));
    }

    /** Why a device that is not a PCI function is not carried over. */
    static String hostdev(String type) {
        return HOSTDEVS.getOrDefault(type, "only PCI devices are passed through; do without");
    }

    private static boolean isCommon(Part part) {
        return COMMON.contains(part.name()) && part.path().matches(".*/devices/[^/]+/[a-z]+");
    }

    static void timer(Part timer, Notes notes) {
        String name = timer.attribute("name").peek().orElse("");
        notes.notCarriedOver(
                timer,
                switch (name) {
                    case "hpet" -> "there is no HPET under KVM; nothing to do";
                    case "hypervclock" -> "it is part of features.hyperv; turn that on for Windows";
                    default -> "the timers are set as virt-install sets them; nothing to do";
                });
    }

    /** By the longest end of the path that has a reason; what is around a domain is of its host. */
    private static Optional<String> find(String path) {
        String end = path.replaceAll("\\[[^\\]]*\\]", "").substring(1);
        boolean around = !path.contains("/domain") || !path.matches("(/dom[a-z]+)?/domain[/@].*");
        while (!TEXTS.containsKey(end)) {
            int slash = end.indexOf('/');
            if (slash < 0) {
                return around ? Optional.of(PERSONAL) : Optional.empty();
            }
            end = end.substring(slash + 1);
        }
        return Optional.ofNullable(TEXTS.get(end));
    }
}
