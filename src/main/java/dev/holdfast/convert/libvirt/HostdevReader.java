package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.NotConvertibleException;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Passthrough;
import dev.holdfast.convert.draft.Passthrough.Group;
import dev.holdfast.convert.tree.Part;
import dev.holdfast.pci.PciAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reader of PCI devices that the domain passes through. The functions of one slot become one device, the lowest
 * function, because a device class passes whole IOMMU groups through.
 */
final class HostdevReader {
    /** Maximum number of host devices: the functions of four buses. */
    private static final int MAX = 1024;

    private final Part domain;
    private final Part devices;
    private final Draft draft;
    private final Notes notes;
    private final Passthrough passthrough;
    private final Map<PciAddress, List<Function>> slots = new LinkedHashMap<>();

    HostdevReader(Part domain, Draft draft, Notes notes, DeviceClasses classes) {
        this.domain = domain;
        this.devices = domain.child("devices");
        this.draft = draft;
        this.notes = notes;
        this.passthrough = new Passthrough(draft, notes, classes);
    }

    /** PCI function and its element in the domain. */
    private record Function(PciAddress address, Part element, boolean networkCard) {}

    void read() throws NotConvertibleException {
        check(devices.children("hostdev").size());
        for (Part hostdev : devices.children("hostdev")) {
            hostdev(hostdev);
        }
        for (Part nic : devices.children("interface")) {
            if (nic.attribute("type").is("hostdev")) {
                pci(nic, true);
            }
        }
        new CommandLineReader(domain.child("qemu:commandline"), draft, notes).read(this::fromCommandLine);
        check(slots.values().stream().mapToInt(List::size).sum());
        slots.values().forEach(this::slot);
        if (passthrough.count() == 0) {
            throw new NotConvertibleException(
                    "%s has no PCI device to pass through, but a PassthroughVM must have at least one; run the domain with libvirt or KubeVirt, or add a <hostdev>%s"
                            .formatted(devices.path(), hint()));
        }
    }

    private void check(int count) throws NotConvertibleException {
        if (count > MAX) {
            throw new NotConvertibleException(
                    "%s has %d host devices, must have at most %d; check that it is the right file"
                            .formatted(devices.path(), count, MAX));
        }
    }

    /** Returns a hint at elements that may be devices but contain no PCI address. */
    private String hint() {
        boolean unnamed = devices.children("hostdev").stream()
                .anyMatch(hostdev -> hostdev.attribute("type").is("pci")
                        && HostAddress.of(hostdev.at("source", "address")).isEmpty());
        if (unnamed) {
            return " whose <source> has the address that `lspci -D` shows";
        }
        boolean pool = devices.children("interface").stream()
                .anyMatch(nic -> nic.attribute("type").is("network"));
        return pool
                ? "; an interface of a network may be from a pool of virtual functions, which only `virsh"
                        + " net-dumpxml` shows"
                : "";
    }

    private void hostdev(Part hostdev) {
        Part type = hostdev.attribute("type");
        if (hostdev.attribute("mode").peek().filter("capabilities"::equals).isPresent() || !type.is("pci")) {
            notes.notCarriedOver(hostdev, Reasons.hostdev(type.peek().orElse("")));
            return;
        }
        pci(hostdev, false);
    }

    private void pci(Part element, boolean networkCard) {
        Optional<PciAddress> address = HostAddress.of(element.at("source", "address"));
        if (address.isEmpty()) {
            notes.notCarriedOver(
                    element,
                    "the PCI address in <source> is missing or invalid, so the limit does not include the device; set"
                            + " the address that `lspci -D` shows");
            return;
        }
        if (element.child("address").attribute("type").is("unassigned")) {
            notes.notCarriedOver(
                    element,
                    "libvirt does not give the device to the guest; set companions: None in the device class for the"
                            + " same effect, otherwise the guest gets it");
            return;
        }
        element.attribute("mode").is("subsystem");
        element.attribute("managed").is("no");
        element.child("driver").attribute("name").is("vfio");
        add(new Function(address.get(), element, networkCard));
    }

    private void add(Function function) {
        slots.computeIfAbsent(function.address().withFunction(0), slot -> new ArrayList<>())
                .add(function);
    }

    private void fromCommandLine(PciAddress address, Part argument) {
        add(new Function(address, argument, false));
    }

    private void slot(List<Function> functions) {
        Function main =
                functions.stream().min(Comparator.comparing(Function::address)).orElseThrow();
        boolean gpu = !main.networkCard() && main.address().function() == 0;
        Map<String, Object> more = gpu ? rom(main.element().child("rom")) : Map.of();
        Group group = gpu ? Group.GPUS : Group.HOST_DEVICES;
        String preferred = (gpu ? "gpu" : main.networkCard() ? "nic" : "device")
                + draft.size(gpu ? "spec.devices.gpus" : "spec.devices.hostDevices");
        Part source = main.element().child("source");
        Optional<String> name = passthrough.add(
                source.present() ? source : main.element(),
                group,
                preferred,
                List.of(main.address().toString()),
                more);
        for (Function function : functions) {
            if (function != main) {
                companion(function, name.orElse("it"));
            }
        }
    }

    private void companion(Function function, String into) {
        boolean viommu = devices.child("iommu").present() || draft.has("spec.devices.iommu");
        notes.changed(
                function.element(),
                "%s is passed through with %s if both are in one IOMMU group%s; add a host device for a second port of a network adapter if it is in another group"
                        .formatted(
                                function.address(),
                                into,
                                viommu
                                        ? ", but not if the guest has an IOMMU, so the limit includes one map less"
                                        : ""));
    }

    private Map<String, Object> rom(Part rom) {
        if (!rom.present()) {
            return Map.of();
        }
        Part file = rom.attribute("file");
        notes.notCarriedOver(
                file,
                "a file of the host cannot be used; put the ROM into binaryData of a ConfigMap and set it in romFile,"
                        + " which adds 1 MiB to the limit");
        boolean off = rom.attribute("bar").is("off") | rom.attribute("enabled").is("no");
        rom.attribute("bar").is("on");
        rom.attribute("enabled").is("yes");
        return off ? Draft.entry("romBar", false) : Map.of();
    }
}
