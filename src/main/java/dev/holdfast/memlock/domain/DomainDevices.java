package dev.holdfast.memlock.domain;

import dev.holdfast.memlock.Architecture;
import dev.holdfast.memlock.MemlockInput.Accounting;
import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.Emulated;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The devices of a domain that the limit depends on. */
final class DomainDevices {
    private static final long DEFAULT_SHMEM_BYTES = 4L << 20;
    private static final Set<String> MODELS_WITH_ROM = Set.of(
            "virtio",
            "virtio-transitional",
            "virtio-non-transitional",
            "e1000",
            "e1000e",
            "igb",
            "rtl8139",
            "ne2k_pci",
            "pcnet",
            "vmxnet3",
            "i82559er",
            "i82551",
            "i82557b");

    private DomainDevices() {}

    static Devices assigned(Xml domain) {
        int vfio = count(hostDevices(domain))
                + count(of(domain, "interface")
                        .filter(nic -> nic.has("type", "hostdev"))
                        .filter(nic -> !hasUsbSource(nic)));
        int nvme = count(of(domain, "disk").filter(disk -> chain(disk).anyMatch(is("nvme"))));
        int vdpaInterfaces = count(of(domain, "interface").filter(nic -> nic.has("type", "vdpa")));
        int vdpaDisks = count(of(domain, "disk").flatMap(DomainDevices::chain).filter(is("vhostvdpa")));
        boolean viommu = of(domain, "iommu").findAny().isPresent();
        // Whether a bridge is NVLink2 is told by the host's device tree alone.
        return new Devices(vfio, nvme, vdpaInterfaces, vdpaDisks, viommu, false);
    }

    /** With iommufd for one device, libvirt uses it for all. */
    static Accounting accounting(Xml domain) {
        boolean iommufd = domain.at("iommufd")
                        .filter(element -> element.has("enabled", "yes"))
                        .isPresent()
                || Stream.concat(hostDevices(domain), of(domain, "interface"))
                        .anyMatch(device -> device.child("driver")
                                .filter(driver -> driver.has("iommufd", "yes"))
                                .isPresent());
        return iommufd ? new Accounting(Backend.IOMMUFD_USER, 0, 0, false) : Accounting.TYPE1;
    }

    /** The bridges of a Power machine that the domain lists, null when it lists none. */
    static @Nullable Integer hostBridges(Xml domain) {
        int bridges = count(of(domain, "controller")
                .filter(controller -> controller.has("type", "pci") && controller.has("model", "pci-root")));
        return bridges == 0 ? null : bridges;
    }

    static List<Display> displays(Xml domain, Architecture architecture) {
        List<Xml> models = of(domain, "video")
                .map(video -> video.child("model"))
                .flatMap(Optional::stream)
                .toList();
        // The first is the primary one unless another says that it is.
        Xml primary = models.stream()
                .filter(model -> model.has("primary", "yes"))
                .findFirst()
                .or(() -> models.stream().findFirst())
                .orElse(null);
        return models.stream()
                .map(model -> DomainVideo.display(model, model == primary, architecture))
                .toList();
    }

    static Emulated emulated(Xml domain, Architecture architecture) {
        int roms = architecture == Architecture.S390X
                ? 0
                : count(of(domain, "interface").filter(DomainDevices::hasRom));
        List<Long> ramBars = of(domain, "shmem")
                .map(shmem -> shmem.child("size").map(Size::bytes).orElse(DEFAULT_SHMEM_BYTES))
                .toList();
        return new Emulated(roms, ramBars);
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
        return !off && (MODELS_WITH_ROM.contains(model) || nic.has("type", "vdpa"));
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

    /** A disk and all the stores behind it, each of which nests in the one before. */
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

    private static Stream<Xml> of(Xml domain, String kind) {
        return domain.child("devices").map(devices -> devices.all(kind)).orElse(Stream.empty());
    }

    private static int count(Stream<?> found) {
        return Math.toIntExact(found.count());
    }
}
