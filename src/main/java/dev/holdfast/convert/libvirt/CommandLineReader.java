package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import dev.holdfast.memlock.domain.CommandWords;
import dev.holdfast.memlock.domain.CommandWords.Option;
import dev.holdfast.memlock.domain.Properties;
import dev.holdfast.memlock.domain.QemuDevice;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * QEMU's arguments that were written by hand: devices and the guest's IOMMU are understood, the others reported. The
 * words are read as the calculator of the limit reads them, in both of QEMU's forms.
 */
final class CommandLineReader {
    private static final Map<String, String> IOMMUS =
            Map.of("intel-iommu", "intel", "virtio-iommu-pci", "virtio", "virtio-iommu", "virtio");
    private static final Set<String> MACHINES = Set.of("machine", "M");

    private final List<Part> arguments;
    private final List<Option> options;
    private final Draft draft;
    private final Notes notes;

    CommandLineReader(Part commandLine, Draft draft, Notes notes) {
        this.arguments = commandLine.children("qemu:arg");
        this.options = CommandWords.options(
                arguments.stream().map(CommandLineReader::value).toList());
        this.draft = draft;
        this.notes = notes;
    }

    void read(BiConsumer<PciSlot, Part> device) {
        for (Option option : options) {
            if (option.name().equals("device")) {
                option.properties().ifPresent(properties -> device(option, properties, device));
            }
        }
        if (draft.has("spec.devices.iommu")) {
            options.stream().filter(CommandLineReader::isIrqchip).forEach(this::done);
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

    private void device(Option option, Properties properties, BiConsumer<PciSlot, Part> device) {
        Part argument = arguments.get(option.last());
        Optional<PciSlot> address = QemuDevice.isVfio(properties.type()) ? address(properties) : Optional.empty();
        String iommu = IOMMUS.getOrDefault(properties.type(), "");
        if (address.isPresent()) {
            done(option);
            notes.changed(argument, "it is now a device of devices, %s; nothing to do".formatted(without(properties)));
            device.accept(address.get(), argument);
        } else if (!iommu.isEmpty()) {
            done(option);
            notes.changed(
                    argument,
                    "it is now devices.iommu, so the limit has the guest's memory once for each device; nothing to do");
            draft.put("spec.devices.iommu.model", iommu);
        }
    }

    /** The function of the host, by its address or by its directory in sysfs. */
    private static Optional<PciSlot> address(Properties device) {
        String directory = device.value("sysfsdev");
        return Stream.of(device.value("host"), directory.substring(directory.lastIndexOf('/') + 1))
                .flatMap(text -> PciSlot.of(text).stream())
                .findFirst();
    }

    private static String without(Properties device) {
        return "without what else the argument says"
                + (device.has("romfile") ? ", its ROM file among it, which is not in the limit" : "")
                + (device.has("iommufd") ? ", in a VFIO container and so in the limit of QEMU" : "");
    }

    /** What goes with an IOMMU is set with it. */
    private static boolean isIrqchip(Option option) {
        return MACHINES.contains(option.name()) && option.value().matches("(q35,)?kernel[-_]irqchip=split");
    }

    private void done(Option option) {
        for (int word = option.first(); word <= option.last(); word++) {
            arguments.get(word).attribute("value").text();
        }
    }

    private static String value(Part argument) {
        return argument.attribute("value").peek().orElse("");
    }
}
