package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.tree.Part;
import dev.holdfast.memlock.libvirt.CommandWords;
import dev.holdfast.memlock.libvirt.CommandWords.Option;
import dev.holdfast.memlock.libvirt.Properties;
import dev.holdfast.memlock.libvirt.QemuDevice;
import dev.holdfast.pci.PciAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * Reader of QEMU arguments in the domain: devices and the guest's IOMMU are converted, all others are reported.
 * Arguments are parsed as by the calculator, in both of QEMU's formats.
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

    void read(BiConsumer<PciAddress, Part> device) {
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
                        "arguments for QEMU cannot be set, so %s is omitted, and the limit does not include its effect; see docs/api.md for fields"
                                .formatted(Notes.quote(value(argument))));
            }
        }
    }

    private void device(Option option, Properties properties, BiConsumer<PciAddress, Part> device) {
        Part argument = arguments.get(option.last());
        Optional<PciAddress> address = QemuDevice.isVfio(properties.type()) ? address(properties) : Optional.empty();
        String iommu = IOMMUS.getOrDefault(properties.type(), "");
        if (address.isPresent()) {
            done(option);
            notes.changed(
                    argument,
                    "replaced by an entry of devices, %s; no action is needed".formatted(without(properties)));
            device.accept(address.get(), argument);
        } else if (!iommu.isEmpty()) {
            done(option);
            notes.changed(
                    argument,
                    "replaced by devices.iommu, so the limit includes the guest's memory once for each device; no"
                            + " action is needed");
            draft.put("spec.devices.iommu.model", iommu);
        }
    }

    /** Returns the function of the host, from its address or its directory in sysfs. */
    private static Optional<PciAddress> address(Properties device) {
        String directory = device.value("sysfsdev");
        return Stream.of(device.value("host"), directory.substring(directory.lastIndexOf('/') + 1))
                .flatMap(text -> HostAddress.of(text).stream())
                .findFirst();
    }

    private static String without(Properties device) {
        return "without the argument's other properties"
                + (device.has("romfile") ? ", including its ROM file, which the limit does not include" : "")
                + (device.has("iommufd") ? ", in a VFIO container and therefore charged to QEMU" : "");
    }

    /** Returns whether the option sets the interrupt controller for an IOMMU, which Holdfast sets with the IOMMU. */
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
