package dev.holdfast.memlock;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Properties of a machine on which the limit depends. Data only: {@link ExactPolicy} and {@link LibvirtPolicy} check the values.
 */
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

    /** Returns the guest's RAM at start in bytes, without memory devices. */
    public long guestBytes() {
        return memory.ram().stream().mapToLong(Ram::bytes).sum();
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
     * Host and architecture of the guest.
     *
     * @param kvm         false for emulation (TCG)
     * @param pageBytes   page size of the host, a power of two from 4 KiB to 1 MiB
     * @param hostBridges number of PCI host bridges of a Power machine; null if unknown, counted as one and one more
     *                 for each host device
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
     * Memory of the guest.
     *
     * @param ram            RAM at start, one entry for each memory backend
     * @param modules        memory devices, in addition to the RAM
     * @param maxBytes       maximum of RAM and plugged memory in bytes; null if memory cannot be plugged
     * @param hardLimitBytes libvirt's memtune/hard_limit in bytes; null if it is not set
     * @param locked         true if QEMU locks all of its memory ({@code -overcommit mem-lock=on})
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
     * Memory backend.
     *
     * @param pageBytes size of its huge pages, a power of two; 0 for the host's normal pages
     */
    public record Ram(long bytes, long pageBytes) {}

    /**
     * Memory device. A device that will be plugged later counts as if it were plugged, because the limit is set before.
     *
     * @param bytes          full size; for an nvdimm including its label
     * @param labelBytes     size of an nvdimm's label, otherwise 0
     * @param requestedBytes for virtio-mem, the bytes that the guest is requested to plug, otherwise 0
     * @param pluggedBytes   for virtio-mem, the bytes that the guest has plugged, otherwise 0
     */
    public record MemoryModule(Kind kind, long bytes, long labelBytes, long requestedBytes, long pluggedBytes) {
        /** Model of a memory device. */
        public enum Kind {
            DIMM,
            NVDIMM,
            VIRTIO_PMEM,
            VIRTIO_MEM,
            /** Protected memory of an SGX enclave, which QEMU does not map for devices. */
            SGX_EPC
        }
    }

    /** Firmware of the guest. With SeaBIOS as the firmware, a kernel can be started directly. */
    public enum Firmware {
        SEABIOS,
        /** UEFI in flash, which QEMU does not map for devices. */
        FLASH,
        /** Image of unknown size that is loaded as ROM instead of SeaBIOS. */
        ROM_IMAGE,
        /** BIOS of the machine type microvm. */
        MICROVM,
        /** Reset vector of RISC-V's machine type virt. */
        RISCV_VIRT,
        /** Firmware in guest RAM, or none: no memory region of its own. */
        IN_GUEST_RAM
    }

    /** Model of an emulated display. */
    public enum Video {
        NONE,
        VGA,
        /** virtio-vga. */
        VIRTIO,
        /** virtio-gpu without VGA: no memory of its own. */
        VIRTIO_GPU,
        BOCHS,
        CIRRUS,
        /** qxl-vga. */
        QXL,
        /** Secondary qxl, without VGA. */
        QXL_SECONDARY,
        VMVGA,
        RAMFB
    }

    /**
     * Emulated display.
     *
     * @param bytes configured memory in bytes (for qxl, the sum of its RAM and video RAM); null for the model's default
     */
    public record Display(Video model, @Nullable Long bytes) {}

    /**
     * Other emulated devices whose memory QEMU maps for VFIO.
     *
     * @param nicRoms      number of emulated network interfaces with a boot ROM
     * @param romFileBytes sum of the option ROMs from files for assigned devices, in whole MiB
     * @param ramBarBytes  sizes of RAM BARs, such as ivshmem
     */
    public record Emulated(int nicRoms, long romFileBytes, List<Long> ramBarBytes) {
        public static final Emulated NONE = new Emulated(0, List.of());

        public Emulated {
            ramBarBytes = List.copyOf(ramBarBytes);
        }

        /** Creates an input in which assigned devices use their own ROMs, which are not RAM. */
        public Emulated(int nicRoms, List<Long> ramBarBytes) {
            this(nicRoms, 0, ramBarBytes);
        }
    }

    /**
     * Devices for which the kernel pins the guest's memory.
     *
     * @param vfio           number of PCI and mediated host devices; for a PassthroughVM, its gpus and hostDevices
     * @param nvmeDisks      number of disks that QEMU accesses directly by VFIO, each in its own container
     * @param vdpaInterfaces number of network interfaces by vhost-vdpa
     * @param vdpaDisks      number of disks by vhost-vdpa
     * @param viommu         true if the guest has an IOMMU: each VFIO device then has its own address space
     * @param nvlink2        true if an NVLink2 bridge of a Power host is among the devices
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
     * Accounts that the kernel charges. Only {@link #TYPE1} was measured; all others follow from the sources of Linux
     * 6.1 to 7.1.
     *
     * @param backend          backend of the VFIO devices
     * @param containerDevices number of VFIO devices in a VFIO container although the backend is iommufd; 0 with TYPE1
     * @param registersRam     true for an SEV guest, all of whose RAM the kernel registers, pins and charges
     * @param otherUserBytes   bytes of other processes in the account of QEMU's user; counted with {@link
     *                 Backend#IOMMUFD_USER}
     * @param barBytes         size of the BARs of the assigned devices
     * @param barsCharged      true if the kernel charges these BARs, as some vendors' kernels do with iommufd
     */
    public record Accounting(
            Backend backend,
            int containerDevices,
            boolean registersRam,
            long otherUserBytes,
            long barBytes,
            boolean barsCharged) {
        public static final Accounting TYPE1 = new Accounting(Backend.TYPE1, 0, false, 0, 0, false);

        /** Returns a copy with another backend. */
        public Accounting with(Backend other, int otherContainerDevices) {
            return new Accounting(other, otherContainerDevices, registersRam, otherUserBytes, barBytes, barsCharged);
        }

        /** Returns a copy for an SEV guest, or for any other guest. */
        public Accounting registering(boolean ram) {
            return new Accounting(backend, containerDevices, ram, otherUserBytes, barBytes, barsCharged);
        }
    }

    /** Interface by which QEMU maps memory for VFIO devices. */
    public enum Backend {
        /** VFIO container: memory is charged to the process. */
        TYPE1,
        /** iommufd with its defaults: memory is charged to the user. */
        IOMMUFD_USER,
        /** iommufd with IOMMU_OPTION_RLIMIT_MODE: memory is charged to the process. */
        IOMMUFD_PROCESS
    }
}
