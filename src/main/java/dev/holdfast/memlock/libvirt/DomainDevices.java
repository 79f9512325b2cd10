package dev.holdfast.memlock.libvirt;

import dev.holdfast.memlock.Architecture;
import dev.holdfast.memlock.MemlockInput.Accounting;
import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.Emulated;
import dev.holdfast.text.Quoted;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Devices of a domain on which the limit depends. */
final class DomainDevices {
    private static final long DEFAULT_SHMEM_BYTES = 4L << 20;
    private static final long MIN_SHMEM_BYTES = 1L << 20;
    private static final long MAX_SHMEM_BYTES = 1L << 40;

    /** Assumed size of a ROM file; larger files are rare, and the margin has another MiB. */
    static final long ROM_FILE_BYTES = 1L << 20;

    private DomainDevices() {}

    /**
     * Returns the devices that libvirt counts, including those not on QEMU's command line, such as a companion
     * function.
     */
    static Devices counted(Xml domain) {
        int nvme = count(of(domain, "disk").filter(disk -> chain(disk).anyMatch(is("nvme"))));
        int vdpaInterfaces = count(of(domain, "interface").filter(nic -> nic.has("type", "vdpa")));
        int vdpaDisks = count(of(domain, "disk").flatMap(DomainDevices::chain).filter(is("vhostvdpa")));
        boolean viommu = of(domain, "iommu").findAny().isPresent();
        // Only the host's device tree contains whether a bridge is NVLink2.
        return new Devices(count(vfio(domain)), nvme, vdpaInterfaces, vdpaDisks, viommu, false);
    }

    /** Returns the devices of QEMU. */
    static Devices present(Xml domain) {
        Devices counted = counted(domain);
        return new Devices(
                count(presentVfio(domain)),
                counted.nvmeDisks(),
                counted.vdpaInterfaces(),
                counted.vdpaDisks(),
                counted.viommu(),
                counted.nvlink2());
    }

    /**
     * Returns the accounts for the devices of QEMU. libvirt opens iommufd itself and sets it to charge the process; a
     * device that does not use it stays in a VFIO container.
     */
    static Accounting accounting(Xml domain) {
        int containers = count(presentVfio(domain).filter(device -> !byIommufd(domain, device)));
        boolean type1 = containers == count(presentVfio(domain));
        Accounting accounting = type1 ? Accounting.TYPE1 : Accounting.TYPE1.with(Backend.IOMMUFD_PROCESS, containers);
        boolean sev = domain.child("launchSecurity")
                .filter(security -> security.has("type", "sev"))
                .isPresent();
        return accounting.registering(sev);
    }

    /** Returns whether a device uses iommufd: its own setting, otherwise that of the domain. */
    private static boolean byIommufd(Xml domain, Xml device) {
        if (device.has("type", "mdev")) {
            return false;
        }
        boolean usual = domain.child("iommufd")
                .filter(element -> element.has("enabled", "yes"))
                .isPresent();
        return device.child("driver")
                .flatMap(driver -> driver.attribute("iommufd"))
                .map("yes"::equals)
                .orElse(usual);
    }

    private static Stream<Xml> presentVfio(Xml domain) {
        return vfio(domain).filter(device -> device.all("address").noneMatch(is("unassigned")));
    }

    private static Stream<Xml> vfio(Xml domain) {
        Stream<Xml> interfaces = of(domain, "interface")
                .filter(nic -> nic.has("type", "hostdev"))
                .filter(nic -> !hasUsbSource(nic));
        return Stream.concat(hostDevices(domain), interfaces);
    }

    /** Returns the number of PCI host bridges that the domain of a Power machine lists; null if it lists none. */
    static @Nullable Integer hostBridges(Xml domain) {
        int bridges = count(of(domain, "controller")
                .filter(controller -> controller.has("type", "pci") && controller.has("model", "pci-root")));
        return bridges == 0 ? null : bridges;
    }

    static List<Display> displays(Xml domain, Architecture architecture) {
        List<Xml> models = displayModels(domain);
        // The first display is the primary one, unless another is marked as primary.
        Xml primary = models.stream()
                .filter(model -> model.has("primary", "yes"))
                .findFirst()
                .or(() -> models.stream().findFirst())
                .orElse(null);
        return models.stream()
                .map(model -> DomainVideo.display(model, model == primary, architecture))
                .toList();
    }

    /** Returns a model for each display; without a type if libvirt chooses it. */
    static List<Xml> displayModels(Xml domain) {
        Xml any = new Xml("model", Map.of(), List.of(), "");
        List<Xml> models = of(domain, "video")
                .map(video -> video.child("model").orElse(any))
                .toList();
        // libvirt adds a display to a domain that has graphics but no display.
        boolean added = models.isEmpty() && of(domain, "graphics").findAny().isPresent();
        return added ? List.of(any) : models;
    }

    static Emulated emulated(Xml domain, Architecture architecture) {
        int roms = architecture == Architecture.S390X
                ? 0
                : count(of(domain, "interface").filter(DomainDevices::hasRom));
        List<Long> ramBars =
                of(domain, "shmem").map(DomainDevices::sharedMemory).toList();
        return new Emulated(roms, romFiles(domain) * ROM_FILE_BYTES, ramBars);
    }

    /** Returns the number of host devices with a ROM file, whose size is not in the domain. */
    static int romFiles(Xml domain) {
        return count(presentVfio(domain)
                .flatMap(device -> device.child("rom").stream())
                .filter(rom -> !rom.has("enabled", "no") && !rom.has("bar", "off"))
                .filter(rom -> !rom.attribute("file").orElse("").isEmpty()));
    }

    /** Returns the size of the BAR: a power of two, at least 1 MiB. */
    private static long sharedMemory(Xml shmem) {
        boolean doorbell = shmem.child("model").filter(is("ivshmem-doorbell")).isPresent();
        Optional<Xml> size = shmem.child("size");
        if (doorbell && size.isEmpty()) {
            throw new IllegalArgumentException(
                    ("the shared memory %s is an ivshmem-doorbell, whose size only its server knows, must have a"
                                    + " <size> here; add one to this file")
                            .formatted(Quoted.of(shmem.attribute("name").orElse(""))));
        }
        long bytes = size.map(Size::bytes).orElse(DEFAULT_SHMEM_BYTES);
        if (bytes > MAX_SHMEM_BYTES) {
            throw new IllegalArgumentException("the shared memory %s has %d bytes, must have at most 1Ti; correct it"
                    .formatted(Quoted.of(shmem.attribute("name").orElse("")), bytes));
        }
        return powerOfTwo(Math.max(bytes, MIN_SHMEM_BYTES));
    }

    /** Returns the smallest power of two that is at least the number, which must be 1 to 2^62. */
    static long powerOfTwo(long number) {
        long high = Long.highestOneBit(number);
        return high == number ? number : high * 2;
    }

    private static boolean hasRom(Xml nic) {
        if (nic.has("type", "hostdev")) {
            return false;
        }
        Optional<Xml> rom = nic.child("rom");
        boolean off = rom.filter(
                        element -> element.has("enabled", "no") || element.has("bar", "off") || element.has("file", ""))
                .isPresent();
        String model =
                nic.child("model").flatMap(element -> element.attribute("type")).orElse("rtl8139");
        return !off && (QemuDevice.hasRom(model) || model.startsWith("virtio") || nic.has("type", "vdpa"));
    }

    private static Stream<Xml> hostDevices(Xml domain) {
        return of(domain, "hostdev")
                .filter(device -> !device.has("mode", "capabilities"))
                .filter(device -> device.has("type", "pci") || device.has("type", "mdev"));
    }

    private static boolean hasUsbSource(Xml nic) {
        return nic.at("source", "address")
                .filter(address -> address.has("type", "usb"))
                .isPresent();
    }

    /** Returns a disk and its chain of nested backing stores. */
    private static Stream<Xml> chain(Xml disk) {
        return Stream.iterate(
                        Optional.of(disk),
                        Optional::isPresent,
                        store -> store.flatMap(element -> element.child("backingStore")))
                .flatMap(Optional::stream);
    }

    private static Predicate<Xml> is(String type) {
        return store -> store.has("type", type);
    }

    static Stream<Xml> of(Xml domain, String kind) {
        return domain.child("devices").map(devices -> devices.all(kind)).orElse(Stream.empty());
    }

    private static int count(Stream<?> found) {
        return Math.toIntExact(found.count());
    }
}
