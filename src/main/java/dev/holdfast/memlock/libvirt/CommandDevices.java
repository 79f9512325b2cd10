package dev.holdfast.memlock.libvirt;

import dev.holdfast.memlock.Architecture;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockInput.Accounting;
import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.Emulated;
import dev.holdfast.memlock.MemlockInput.GuestMemory;
import dev.holdfast.memlock.MemlockInput.MemoryModule;
import dev.holdfast.memlock.MemlockInput.MemoryModule.Kind;
import dev.holdfast.text.Quoted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Devices of a command line for which memory is mapped, and devices whose own memory is mapped. */
final class CommandDevices {
    private final CommandObjects objects;
    private final Architecture architecture;
    private final List<String> notes;

    private int containerDevices;
    private int iommufdDevices;
    private int nvmeDisks;
    private int vdpaInterfaces;
    private int vdpaDisks;
    private int nicRoms;
    private int romFiles;
    private boolean viommu;
    private final List<Long> ramBars = new ArrayList<>();
    private final List<Display> displays = new ArrayList<>();
    private final List<MemoryModule> modules = new ArrayList<>();

    CommandDevices(CommandObjects objects, Architecture architecture, List<String> notes) {
        this.objects = objects;
        this.architecture = architecture;
        this.notes = notes;
    }

    /**
     * Reads the value of {@code -device}.
     *
     * @throws IllegalArgumentException if a size in it is invalid; the message is for the user
     */
    void add(Properties device) {
        String driver = device.type();
        if (QemuDevice.isVfio(driver)) {
            addVfio(device);
        } else if (driver.startsWith("vhost-vdpa-device")) {
            vdpaInterfaces++;
        } else if (driver.contains("iommu") || driver.contains("smmu")) {
            setViommu();
        } else if (driver.startsWith("ivshmem")) {
            addSharedMemory(device);
        } else if (module(driver).isPresent()) {
            addModule(module(driver).get(), device);
        } else if (CommandDisplays.isDisplay(driver)) {
            displays.add(CommandDisplays.display(device, architecture));
        } else if (QemuDevice.hasRom(driver)) {
            nicRoms += isRomOff(device) ? 0 : 1;
        } else if (!QemuDevice.isHarmless(driver) || device.has("memdev") || device.has("pmrdev")) {
            notes.add("the device %s of the command line is unknown; its memory is not counted"
                    .formatted(Quoted.of(driver)));
        }
    }

    void setViommu() {
        viommu = true;
    }

    void addNetwork(Properties netdev) {
        vdpaInterfaces += netdev.type().equals("vhost-vdpa") ? 1 : 0;
    }

    /** Adds a disk, which is counted if QEMU accesses it by VFIO or vhost-vdpa. */
    void addDisk(Properties disk) {
        boolean nvme = disk.values().entrySet().stream()
                .anyMatch(property -> property.getValue().startsWith("nvme://")
                        || (property.getKey().matches("(.*\\.)?driver")
                                && property.getValue().equals("nvme")));
        boolean vdpa = disk.values().entrySet().stream()
                .anyMatch(property -> property.getKey().matches("(.*\\.)?driver")
                        && property.getValue().endsWith("vhost-vdpa"));
        nvmeDisks += nvme ? 1 : 0;
        vdpaDisks += vdpa ? 1 : 0;
    }

    private void addVfio(Properties device) {
        if (device.has("iommufd")) {
            iommufdDevices++;
        } else {
            containerDevices++;
        }
        if (device.has("romfile") && !isRomOff(device)) {
            romFiles++;
            notes.add(DomainNotes.ROM_FILE.formatted("the command line"));
        }
    }

    private static boolean isRomOff(Properties device) {
        boolean withoutFile = device.values().containsKey("romfile") && !device.has("romfile");
        return withoutFile || device.value("rombar").matches("0|off|false");
    }

    private void addSharedMemory(Properties device) {
        Optional<Long> bytes = device.has("memdev")
                ? objects.use(device.value("memdev"))
                : device.has("size")
                        ? Optional.of(QemuSize.bytes("size of ivshmem of the command line", device.value("size"), 'm'))
                        : Optional.empty();
        bytes.ifPresentOrElse(
                size -> ramBars.add(DomainDevices.powerOfTwo(Math.max(size, 1L << 12))),
                () -> notes.add("the size of %s of the command line is not in this file, and its memory is not counted"
                        .formatted(Quoted.of(device.type()))));
    }

    private static Optional<Kind> module(String driver) {
        return Optional.ofNullable(
                switch (driver) {
                    case "pc-dimm" -> Kind.DIMM;
                    case "nvdimm" -> Kind.NVDIMM;
                    case "virtio-pmem-pci", "virtio-pmem" -> Kind.VIRTIO_PMEM;
                    case "virtio-mem-pci", "virtio-mem" -> Kind.VIRTIO_MEM;
                    default -> null;
                });
    }

    private void addModule(Kind kind, Properties device) {
        Optional<Long> backend = objects.use(device.value("memdev"));
        if (backend.isEmpty() || backend.get() == 0) {
            notes.add("the memory backend of %s of the command line is not in this file and not counted"
                    .formatted(Quoted.of(device.type())));
            return;
        }
        long bytes = backend.get();
        long label = kind == Kind.NVDIMM ? size(device, "label-size") : 0;
        long requested = kind == Kind.VIRTIO_MEM ? size(device, "requested-size") : 0;
        modules.add(new MemoryModule(kind, bytes, label, requested, 0));
    }

    private static long size(Properties device, String property) {
        return device.has(property)
                ? QemuSize.bytes(
                        "%s of %s of the command line".formatted(property, Quoted.plain(device.type())),
                        device.value(property),
                        'b')
                : 0;
    }

    /** Returns the machine with these devices. */
    MemlockInput added(MemlockInput input) {
        Devices devices = input.devices();
        Emulated emulated = input.emulated();
        GuestMemory memory = input.memory();
        return input.with(new Devices(
                        devices.vfio() + containerDevices + iommufdDevices,
                        devices.nvmeDisks() + nvmeDisks,
                        devices.vdpaInterfaces() + vdpaInterfaces,
                        devices.vdpaDisks() + vdpaDisks,
                        devices.viommu() || viommu,
                        devices.nvlink2()))
                .with(accounting(input))
                .with(new Emulated(
                        emulated.nicRoms() + nicRoms,
                        emulated.romFileBytes() + romFiles * DomainDevices.ROM_FILE_BYTES,
                        joined(emulated.ramBarBytes(), ramBars)))
                .with(joined(input.displays(), displays))
                .with(new GuestMemory(
                        memory.ram(),
                        joined(memory.modules(), modules),
                        memory.maxBytes(),
                        memory.hardLimitBytes(),
                        memory.locked()));
    }

    private static <T> List<T> joined(List<T> some, List<T> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    /**
     * Returns the accounts: an iommufd that QEMU opens itself charges the user, one that libvirt opens charges the
     * process.
     */
    private Accounting accounting(MemlockInput input) {
        Accounting accounting = input.accounting();
        boolean type1 = accounting.backend() == Backend.TYPE1;
        if (type1 && iommufdDevices == 0) {
            return accounting;
        }
        int containers = (type1 ? input.devices().vfio() : accounting.containerDevices()) + containerDevices;
        if (!type1 && iommufdDevices > 0) {
            notes.add("iommufd devices of the command line charge the user of QEMU, but are counted with those of the"
                    + " domain");
        }
        return accounting.with(type1 ? Backend.IOMMUFD_USER : accounting.backend(), containers);
    }
}
