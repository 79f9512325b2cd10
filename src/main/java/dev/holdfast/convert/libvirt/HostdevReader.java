package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.DeviceClasses;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Passthrough;
import dev.holdfast.convert.draft.Passthrough.Group;
import dev.holdfast.convert.draft.Refusal;
import dev.holdfast.convert.tree.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * PCI devices that the domain passes through. The functions of one slot are one device here, since a device class passes
 * whole IOMMU groups: the lowest stands for the others.
 */
final class HostdevReader {
    /** More than the functions of four buses. */
    private static final int MOST = 1024;

    private final Part domain;
    private final Part devices;
    private final Draft draft;
    private final Notes notes;
    private final Passthrough passthrough;
    private final Map<String, List<Function>> slots = new LinkedHashMap<>();

    HostdevReader(Part domain, Draft draft, Notes notes, DeviceClasses classes) {
        this.domain = domain;
        this.devices = domain.child("devices");
        this.draft = draft;
        this.notes = notes;
        this.passthrough = new Passthrough(draft, notes, classes);
    }

    /** A function and the element that it was in. */
    private record Function(PciSlot address, Part element, boolean networkCard) {}

    void read() throws Refusal {
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
            throw new Refusal(
                    "%s passes no PCI device through, but a PassthroughVM has at least one; run the domain with libvirt or KubeVirt, or add a <hostdev>%s"
                            .formatted(devices.path(), hint()));
        }
    }

    private void check(int count) throws Refusal {
        if (count > MOST) {
            throw new Refusal("%s has %d host devices, but must have at most %d; check that it is the right file"
                    .formatted(devices.path(), count, MOST));
        }
    }

    /** What looks like a device and is none that the file names. */
    private String hint() {
        boolean unnamed = devices.children("hostdev").stream()
                .anyMatch(hostdev -> hostdev.attribute("type").is("pci")
                        && PciSlot.of(hostdev.at("source", "address")).isEmpty());
        if (unnamed) {
            return " with the address that `lspci -D` shows in its <source>";
        }
        boolean pool = devices.children("interface").stream()
                .anyMatch(nic -> nic.attribute("type").is("network"));
        return pool
                ? "; an interface of a network may be one of a pool of virtual functions, which only `virsh net-dumpxml` tells"
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
        Optional<PciSlot> address = PciSlot.of(element.at("source", "address"));
        if (address.isEmpty()) {
            notes.notCarriedOver(
                    element,
                    "the PCI address in its <source> is missing or not valid, so the limit lacks the device; give one as `lspci -D` shows it");
            return;
        }
        if (element.child("address").attribute("type").is("unassigned")) {
            notes.notCarriedOver(
                    element,
                    "libvirt keeps it from the guest; give the device class companions: None for the same, else the guest gets it");
            return;
        }
        element.attribute("mode").is("subsystem");
        element.attribute("managed").is("no");
        element.child("driver").attribute("name").is("vfio");
        add(new Function(address.get(), element, networkCard));
    }

    private void add(Function function) {
        slots.computeIfAbsent(function.address().slot(), slot -> new ArrayList<>())
                .add(function);
    }

    private void fromCommandLine(PciSlot address, Part argument) {
        add(new Function(address, argument, false));
    }

    private void slot(List<Function> functions) {
        Function main = functions.stream()
                .min((a, b) ->
                        Integer.compare(a.address().function(), b.address().function()))
                .orElseThrow();
        boolean gpu = !main.networkCard() && main.address().function() == 0;
        Map<String, Object> more = gpu ? rom(main.element().child("rom")) : Map.of();
        Group group = gpu ? Group.GPUS : Group.HOST_DEVICES;
        String wished = (gpu ? "gpu" : main.networkCard() ? "nic" : "device")
                + draft.size(gpu ? "spec.devices.gpus" : "spec.devices.hostDevices");
        Part source = main.element().child("source");
        Optional<String> name = passthrough.add(
                source.present() ? source : main.element(),
                group,
                wished,
                List.of(main.address().address()),
                more);
        for (Function function : functions) {
            if (function != main) {
                folded(function, name.orElse("it"));
            }
        }
    }

    private void folded(Function function, String into) {
        boolean viommu = devices.child("iommu").present() || draft.has("spec.devices.iommu");
        notes.changed(
                function.element(),
                "%s comes with %s when both are in one IOMMU group%s; for a second port of a network card in a group of its own, add a host device"
                        .formatted(
                                function.address().address(),
                                into,
                                viommu
                                        ? ", and with an IOMMU for the guest it stays behind, so the limit has one map less"
                                        : ""));
    }

    private Map<String, Object> rom(Part rom) {
        if (!rom.present()) {
            return Map.of();
        }
        Part file = rom.attribute("file");
        notes.notCarriedOver(
                file,
                "a host's file cannot be given; put the ROM into binaryData of a ConfigMap and name it in romFile, which adds 1 MiB to the limit");
        boolean off = rom.attribute("bar").is("off") | rom.attribute("enabled").is("no");
        rom.attribute("bar").is("on");
        rom.attribute("enabled").is("yes");
        return off ? Draft.entry("romBar", false) : Map.of();
    }
}
