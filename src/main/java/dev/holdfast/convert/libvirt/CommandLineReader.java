package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** QEMU's arguments that were written by hand: devices and the guest's IOMMU are understood, the others reported. */
final class CommandLineReader {
    private static final Pattern HOST = Pattern.compile("vfio-pci(?:,.*)?,host=([^,]+)(?:,.*)?");
    private static final Pattern IOMMU = Pattern.compile("(intel-iommu|virtio-iommu-pci|virtio-iommu)(,.*)?");

    private final List<Part> arguments;
    private final Draft draft;
    private final Notes notes;

    CommandLineReader(Part commandLine, Draft draft, Notes notes) {
        this.arguments = commandLine.children("qemu:arg");
        this.draft = draft;
        this.notes = notes;
    }

    void read(BiConsumer<PciSlot, Part> device) {
        for (int i = 0; i + 1 < arguments.size(); i++) {
            if (value(arguments.get(i)).equals("-device")) {
                device(arguments.get(i), arguments.get(i + 1), device);
            }
        }
        for (Part argument : arguments) {
            if (!argument.isRead()) {
                notes.notCarriedOver(
                        argument,
                        "QEMU gets no arguments by hand, so not %s, and the limit lacks what it adds; look for a field in docs/api.md"
                                .formatted(Notes.quote(value(argument))));
            }
        }
    }

    private void device(Part option, Part argument, BiConsumer<PciSlot, Part> device) {
        String text = value(argument);
        Matcher host = HOST.matcher(text);
        Optional<PciSlot> address = host.matches() ? PciSlot.of(host.group(1)) : Optional.empty();
        Matcher iommu = IOMMU.matcher(text);
        if (address.isPresent()) {
            option.attribute("value").text();
            notes.changed(
                    argument, "it is now a device of devices, without what else the argument says; nothing to do");
            device.accept(address.get(), argument);
        } else if (iommu.matches()) {
            option.attribute("value").text();
            String model = iommu.group(1).equals("intel-iommu") ? "intel" : "virtio";
            notes.changed(
                    argument,
                    "it is now devices.iommu, so the limit has the guest's memory once for each device; nothing to do");
            draft.put("spec.devices.iommu.model", model);
            arguments.forEach(this::irqchip);
        }
    }

    /** What goes with an IOMMU is set with it. */
    private void irqchip(Part argument) {
        int index = arguments.indexOf(argument);
        if (index > 0
                && value(arguments.get(index - 1)).matches("-M|-machine")
                && value(argument).matches("kernel[-_]irqchip=split")) {
            arguments.get(index - 1).attribute("value").text();
            argument.attribute("value").text();
        }
    }

    private static String value(Part argument) {
        return argument.attribute("value").peek().orElse("");
    }
}
