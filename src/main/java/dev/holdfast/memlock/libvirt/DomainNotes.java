package dev.holdfast.memlock.libvirt;

import dev.holdfast.text.Quoted;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Notes on settings of a domain that can change the limit and are not counted, in the file or not determined by it. */
final class DomainNotes {
    static final String PRIVATE_MEMORY =
            "%s has private memory (sev-snp or tdx), of which only the shared part is mapped for devices; all of it"
                    + " is counted";

    static final String ROM_FILE = "the size of a ROM file of %s is not in this file and counted as 1 MiB";

    /** Names of properties and capabilities that concern memory or its mapping. */
    private static final Pattern ABOUT_MEMORY =
            Pattern.compile("mem|size|_mb|ram|rom|iommu|bypass|vfio|hostdev", Pattern.CASE_INSENSITIVE);

    private static final Set<String> DEVICES = Set.of(
            "emulator",
            "disk",
            "filesystem",
            "controller",
            "lease",
            "hostdev",
            "redirdev",
            "redirfilter",
            "smartcard",
            "interface",
            "input",
            "tpm",
            "hub",
            "graphics",
            "video",
            "parallel",
            "serial",
            "console",
            "channel",
            "sound",
            "audio",
            "watchdog",
            "memballoon",
            "rng",
            "nvram",
            "panic",
            "shmem",
            "memory",
            "iommu",
            "vsock",
            "crypto");

    private static final Set<String> HOST_DEVICES =
            Set.of("pci", "mdev", "usb", "scsi", "scsi_host", "storage", "misc", "net");

    private DomainNotes() {}

    /** Returns whether a setting for QEMU concerns memory, judged by its name. */
    static boolean mayChangeTheSum(String setting) {
        return ABOUT_MEMORY.matcher(setting).find();
    }

    static List<String> of(Xml domain) {
        List<String> notes = new ArrayList<>();
        addNetworks(domain, notes);
        addSecurity(domain, notes);
        addDevices(domain, notes);
        addOverrides(domain, notes);
        if (domain.child("iommufd")
                .flatMap(iommufd -> iommufd.attribute("fdgroup"))
                .isPresent()) {
            notes.add("iommufd is opened outside libvirt (fdgroup), by a program that chooses the account; the"
                    + " account of the process is assumed");
        }
        return notes;
    }

    /** Adds one note for each network, regardless of the number of its interfaces. */
    private static void addNetworks(Xml domain, List<String> notes) {
        Map<String, Long> networks = DomainDevices.of(domain, "interface")
                .filter(nic -> nic.has("type", "network"))
                .flatMap(nic -> nic.child("source").stream())
                // The XML of a running domain contains the bridge.
                .filter(source -> source.attribute("bridge").isEmpty())
                .map(source -> source.attribute("network").orElse(""))
                .collect(Collectors.groupingBy(Function.identity(), java.util.TreeMap::new, Collectors.counting()));
        networks.forEach((network, interfaces) -> notes.add(
                "the network %s of %d %s can assign host devices (forward mode hostdev), which are not in this file and not counted; see virsh net-dumpxml"
                        .formatted(Quoted.of(network), interfaces, interfaces == 1 ? "interface" : "interfaces")));
    }

    private static void addSecurity(Xml domain, List<String> notes) {
        domain.child("launchSecurity").ifPresent(security -> {
            String type = security.attribute("type").orElse("");
            switch (type) {
                case "sev" ->
                    notes.add("the kernel charges all RAM of an sev guest, flash included, with or without devices;"
                            + " libvirt does not count this");
                case "sev-snp", "tdx" -> notes.add(PRIVATE_MEMORY.formatted("the guest"));
                case "s390-pv" -> {}
                default -> notes.add("launchSecurity of type %s is unknown and not counted".formatted(Quoted.of(type)));
            }
        });
    }

    private static void addDevices(Xml domain, List<String> notes) {
        domain.child("devices").stream()
                .flatMap(devices -> devices.children().stream())
                .map(Xml::name)
                .filter(name -> !DEVICES.contains(name))
                .distinct()
                .forEach(name -> notes.add(
                        "the device <%s> is unknown; its memory is not counted".formatted(Quoted.plain(name))));
        DomainDevices.of(domain, "hostdev")
                .map(device -> device.attribute("type").orElse(""))
                .filter(type -> !HOST_DEVICES.contains(type))
                .distinct()
                .forEach(type ->
                        notes.add("a hostdev of type %s is unknown and not counted".formatted(Quoted.of(type))));
        if (DomainDevices.displayModels(domain).stream()
                .map(model -> model.attribute("type").orElse("default"))
                .anyMatch("default"::equals)) {
            notes.add("the type of a display is not in this file, because libvirt chooses it; it is counted as vga");
        }
        Stream.generate(() -> ROM_FILE.formatted("a host device"))
                .limit(Math.min(1, DomainDevices.romFiles(domain)))
                .forEach(notes::add);
    }

    private static void addOverrides(Xml domain, List<String> notes) {
        domain.child(Xml.QEMU + "override").stream()
                .flatMap(override -> override.all(Xml.QEMU + "device"))
                .forEach(device -> device.children().stream()
                        .flatMap(frontend -> frontend.all(Xml.QEMU + "property"))
                        .map(property -> property.attribute("name").orElse(""))
                        .filter(DomainNotes::mayChangeTheSum)
                        .forEach(name -> notes.add("qemu:override sets %s of the device %s, which is not counted"
                                .formatted(
                                        Quoted.of(name),
                                        Quoted.of(device.attribute("alias").orElse(""))))));
        domain.child(Xml.QEMU + "capabilities").stream()
                .flatMap(capabilities -> capabilities.children().stream())
                .map(capability -> capability.attribute("capability").orElse(""))
                .filter(DomainNotes::mayChangeTheSum)
                .forEach(name ->
                        notes.add("qemu:capabilities changes %s, which can change the mapped memory and is not counted"
                                .formatted(Quoted.of(name))));
    }
}
