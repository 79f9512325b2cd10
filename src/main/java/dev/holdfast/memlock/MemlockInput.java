package dev.holdfast.memlock;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the limit depends on. Vocabulary only: {@link Exact} and {@link Libvirt} say what is a machine and what is not. */
public record MemlockInput(
        Platform platform,
        GuestMemory memory,
        Firmware firmware,
        List<Display> displays,
        Emulated emulated,
        Devices devices,
        Accounting accounting) {
    public MemlockInput {
        displays = List.copyOf(displays);
    }

    /**
     * A plain x86-64 machine: RAM of one piece, at most one display, devices by VFIO without a vIOMMU.
     *
     * @param videoBytes framebuffer when configured, null for the model's own default
     */
    public MemlockInput(
            long guestBytes,
            long pageBytes,
            Firmware firmware,
            Video video,
            @Nullable Long videoBytes,
            int deviceCount) {
        this(
                Platform.x86(pageBytes),
                GuestMemory.of(guestBytes),
                firmware,
                List.of(new Display(video, videoBytes)),
                Emulated.NONE,
                Devices.vfio(deviceCount, false),
                Accounting.TYPE1);
    }

    /** Guest RAM at start, without memory devices. */
    public long guestBytes() {
        return memory.ram().stream().mapToLong(Ram::bytes).sum();
    }

    public MemlockInput with(Platform other) {
        return new MemlockInput(other, memory, firmware, displays, emulated, devices, accounting);
    }

    public MemlockInput with(GuestMemory other) {
        return new MemlockInput(platform, other, firmware, displays, emulated, devices, accounting);
    }

    public MemlockInput with(Devices other) {
        return new MemlockInput(platform, memory, firmware, displays, emulated, other, accounting);
    }

    public MemlockInput with(Accounting other) {
        return new MemlockInput(platform, memory, firmware, displays, emulated, devices, other);
    }

    public MemlockInput with(Emulated other) {
        return new MemlockInput(platform, memory, firmware, displays, other, devices, accounting);
    }

    public MemlockInput with(List<Display> others) {
        return new MemlockInput(platform, memory, firmware, others, emulated, devices, accounting);
    }

    /**
     * Where the guest runs.
     *
     * @param kvm         false for emulation (TCG)
     * @param pageBytes   page size of the host, a power of two from 4 KiB to 1 MiB
     * @param hostBridges PCI host bridges of a Power machine when they are known, null for one and one more for each
     *                    host device
     */
    public record Platform(
            Architecture architecture,
            boolean kvm,
            long pageBytes,
            @Nullable Integer hostBridges) {
        public static Platform x86(long pageBytes) {
            return new Platform(Architecture.X86_64, true, pageBytes, null);
        }
    }

    /**
     * The guest's memory.
     *
     * @param ram            what it starts with, one entry for each memory backend
     * @param modules        memory devices, beyond the RAM
     * @param maxBytes       up to where memory can be plugged in, RAM included; null when it cannot
     * @param hardLimitBytes libvirt's memtune/hard_limit, null when unset
     * @param locked         QEMU locks all of its memory ({@code -overcommit mem-lock=on})
     */
    public record GuestMemory(
            List<Ram> ram,
            List<MemoryModule> modules,
            @Nullable Long maxBytes,
            @Nullable Long hardLimitBytes,
            boolean locked) {
        public GuestMemory {
            ram = List.copyOf(ram);
            modules = List.copyOf(modules);
        }

        public static GuestMemory of(long guestBytes) {
            return new GuestMemory(List.of(new Ram(guestBytes, 0)), List.of(), null, null, false);
        }
    }

    /**
     * One memory backend.
     *
     * @param pageBytes size of the huge pages behind it, a power of two; 0 for the host's own pages
     */
    public record Ram(long bytes, long pageBytes) {}

    /**
     * A memory device. One that shall be plugged in later counts like one that is: a limit has to be there before.
     *
     * @param bytes          its full size; of an nvdimm with its label
     * @param labelBytes     of an nvdimm, else 0
     * @param requestedBytes of a virtio-mem: what the guest shall plug, else 0
     * @param pluggedBytes   of a virtio-mem: what the guest has plugged, else 0
     */
    public record MemoryModule(Kind kind, long bytes, long labelBytes, long requestedBytes, long pluggedBytes) {
        /** The device. */
        public enum Kind {
            DIMM,
            NVDIMM,
            VIRTIO_PMEM,
            VIRTIO_MEM,
            /** Protected memory of an SGX enclave, which QEMU does not map for devices. */
            SGX_EPC
        }
    }

    /** What starts the guest. A kernel started directly comes after SeaBIOS too. */
    public enum Firmware {
        SEABIOS,
        /** UEFI in flash, which QEMU does not map for devices. */
        FLASH,
        /** An image loaded as ROM instead of SeaBIOS, of unknown size. */
        ROM_IMAGE,
        /** The small BIOS of microvm. */
        MICROVM,
        /** The reset vector of RISC-V's virt. */
        RISCV_VIRT,
        /** Loaded into guest RAM, or none: no region of its own. */
        IN_GUEST_RAM
    }

    /** A model of emulated display. */
    public enum Video {
        NONE,
        VGA,
        /** virtio-vga. */
        VIRTIO,
        /** virtio-gpu without the VGA half: no memory of its own. */
        VIRTIO_GPU,
        BOCHS,
        CIRRUS,
        /** qxl-vga. */
        QXL,
        /** A further qxl, without the VGA half. */
        QXL_SECONDARY,
        VMVGA,
        RAMFB
    }

    /**
     * An emulated display.
     *
     * @param bytes its memory when configured (of a qxl: all of its RAM and video RAM), null for the model's default
     */
    public record Display(Video model, @Nullable Long bytes) {}

    /**
     * Other emulated devices with memory that QEMU maps for VFIO.
     *
     * @param nicRoms      emulated network cards with a boot ROM
     * @param romFileBytes option ROMs that assigned devices show from files, all together; in whole MiB
     * @param ramBarBytes  sizes of RAM behind BARs, such as ivshmem
     */
    public record Emulated(int nicRoms, long romFileBytes, List<Long> ramBarBytes) {
        public static final Emulated NONE = new Emulated(0, List.of());

        public Emulated {
            ramBarBytes = List.copyOf(ramBarBytes);
        }

        /** Where assigned devices show their own ROMs, which are no memory. */
        public Emulated(int nicRoms, List<Long> ramBarBytes) {
            this(nicRoms, 0, ramBarBytes);
        }
    }

    /**
     * What makes the kernel pin the guest's memory.
     *
     * @param vfio           PCI and mediated host devices; of our VMs gpus and host devices
     * @param nvmeDisks      disks that QEMU drives itself by VFIO, each in a container of its own
     * @param vdpaInterfaces network cards by vhost-vdpa
     * @param vdpaDisks      disks by vhost-vdpa
     * @param viommu         the guest has an IOMMU, so each VFIO device has an address space of its own
     * @param nvlink2        an NVLink2 bridge of a Power host is among the devices
     */
    public record Devices(int vfio, int nvmeDisks, int vdpaInterfaces, int vdpaDisks, boolean viommu, boolean nvlink2) {
        public static Devices vfio(int count, boolean viommu) {
            return new Devices(count, 0, 0, 0, viommu, false);
        }

        int vdpa() {
            return vdpaInterfaces + vdpaDisks;
        }

        boolean any() {
            return vfio + nvmeDisks + vdpa() > 0;
        }
    }

    /**
     * Accounts that the kernel charges. All but {@link #TYPE1} is read from Linux 6.1 to 7.1 and not yet proven on a kernel
     * of ours.
     *
     * @param backend          of the VFIO devices
     * @param containerDevices VFIO devices that stay in a VFIO container although the backend is iommufd; 0 with TYPE1
     * @param registersRam     the guest is an SEV guest, whose RAM the kernel registers, pins and charges as a whole
     * @param otherUserBytes   what other processes of QEMU's user have in the user's account; counts with
     *                         {@link Backend#IOMMUFD_USER}
     * @param barBytes         the BARs of the assigned devices
     * @param barsCharged      the kernel charges them, as some vendors' kernels with iommufd do
     */
    public record Accounting(
            Backend backend,
            int containerDevices,
            boolean registersRam,
            long otherUserBytes,
            long barBytes,
            boolean barsCharged) {
        public static final Accounting TYPE1 = new Accounting(Backend.TYPE1, 0, false, 0, 0, false);

        /** Returns these accounts for another backend. */
        public Accounting with(Backend other, int otherContainerDevices) {
            return new Accounting(other, otherContainerDevices, registersRam, otherUserBytes, barBytes, barsCharged);
        }

        /** Returns these accounts for an SEV guest or for none. */
        public Accounting registering(boolean ram) {
            return new Accounting(backend, containerDevices, ram, otherUserBytes, barBytes, barsCharged);
        }
    }

    /** How QEMU maps memory for VFIO devices. */
    public enum Backend {
        /** A VFIO container: charged to the process. */
        TYPE1,
        /** iommufd as it is by default: charged to the user. */
        IOMMUFD_USER,
        /** iommufd after IOMMU_OPTION_RLIMIT_MODE: charged to the process. */
        IOMMUFD_PROCESS
    }
}
