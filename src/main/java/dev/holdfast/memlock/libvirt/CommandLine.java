package dev.holdfast.memlock.libvirt;

import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.memlock.MemlockInput.GuestMemory;
import dev.holdfast.memlock.MemlockInput.Ram;
import dev.holdfast.text.Quoted;
import java.util.List;
import java.util.Optional;

/**
 * Reader of {@code <qemu:commandline>}. libvirt passes the arguments to QEMU without reading them, so its own limit
 * does not include them.
 */
final class CommandLine {
    private final List<String> notes;
    private final CommandObjects objects = new CommandObjects();
    private final CommandDevices devices;
    private MemlockInput input;

    private CommandLine(MemlockInput input, List<String> notes) {
        this.input = input;
        this.notes = notes;
        this.devices = new CommandDevices(objects, input.platform().architecture(), notes);
    }

    /**
     * Adds the devices and settings of the command line.
     *
     * @param notes receives a message for each argument that may change the limit and is unknown
     * @throws IllegalArgumentException if a size is invalid; the message is for the user
     */
    static MemlockInput added(Xml domain, MemlockInput input, List<String> notes) {
        List<String> words = domain.child(Xml.QEMU + "commandline").stream()
                .flatMap(commandLine -> commandLine.all(Xml.QEMU + "arg"))
                .map(arg -> arg.attribute("value").orElse(""))
                .toList();
        List<CommandWords.Option> options = CommandWords.options(words);
        CommandLine commandLine = new CommandLine(input, notes);
        // QEMU creates all objects before all devices, regardless of their order.
        options.stream().filter(option -> option.name().equals("object")).forEach(commandLine::read);
        options.stream().filter(option -> !option.name().equals("object")).forEach(commandLine::read);
        return commandLine.result();
    }

    private MemlockInput result() {
        objects.unused()
                .forEach(id -> notes.add(
                        "the memory backend %s of the command line is not used by any known device and is not counted"
                                .formatted(Quoted.of(id))));
        if (objects.registersRam()) {
            input = input.with(input.accounting().registering(true));
        }
        if (objects.privateMemory()) {
            notes.add(DomainNotes.PRIVATE_MEMORY.formatted("the guest of the command line"));
        }
        return devices.added(input);
    }

    private void read(CommandWords.Option option) {
        if (option.name().isEmpty()) {
            notes.add("%s of the command line is unknown and not counted".formatted(Quoted.of(option.value())));
            return;
        }
        Optional<Properties> properties = option.properties();
        if (properties.isEmpty() || option.value().isEmpty() && option.name().matches("device|object|m|overcommit")) {
            notes.add("-%s %s of the command line is unknown and not counted"
                    .formatted(Quoted.plain(option.name()), Quoted.of(option.value())));
            return;
        }
        read(option, properties.get());
    }

    private void read(CommandWords.Option option, Properties properties) {
        switch (option.name()) {
            case "device" -> devices.add(properties);
            case "object" -> objects.add(properties);
            case "m" -> setMemory(properties);
            case "overcommit" -> setLocked(properties);
            case "machine", "M" -> setMachine(properties);
            case "numa" -> objects.use(properties.value("memdev"));
            case "netdev" -> devices.addNetwork(properties);
            case "blockdev", "drive" -> devices.addDisk(properties);
            case "global", "set" -> {
                if (DomainNotes.mayChangeTheSum(option.value())) {
                    addNote(option);
                }
            }
            default -> {
                if (!QemuOption.isHarmless(option.name())) {
                    addNote(option);
                }
            }
        }
    }

    private void addNote(CommandWords.Option option) {
        notes.add("-%s of the command line can change the mapped memory and is not counted"
                .formatted(Quoted.plain(option.name() + " " + option.value())));
    }

    /** Sets the memory; the last size has precedence over libvirt's own. */
    private void setMemory(Properties properties) {
        GuestMemory memory = input.memory();
        List<Ram> ram = memory.ram();
        if (properties.has("size")) {
            long bytes = QemuSize.bytes("-m of the command line", properties.value("size"), 'm');
            ram = List.of(new Ram(bytes, memory.ram().getFirst().pageBytes()));
            if (memory.ram().size() > 1) {
                notes.add("-m of the command line is counted instead of the NUMA cells; QEMU starts only if both sizes"
                        + " are equal");
            }
        }
        Long maxBytes = properties.has("maxmem")
                ? (Long) QemuSize.bytes("maxmem of -m of the command line", properties.value("maxmem"), 'm')
                : memory.maxBytes();
        input = input.with(new GuestMemory(ram, memory.modules(), maxBytes, memory.hardLimitBytes(), memory.locked()));
    }

    private void setLocked(Properties properties) {
        String lock = properties.value("mem-lock");
        GuestMemory memory = input.memory();
        if (properties.isOn("mem-lock") || lock.equals("on-fault")) {
            notes.add(
                    "-overcommit mem-lock=%s of the command line locks all memory of QEMU, which libvirt does not count"
                            .formatted(lock.equals("on-fault") ? lock : "on"));
            input = input.with(
                    new GuestMemory(memory.ram(), memory.modules(), memory.maxBytes(), memory.hardLimitBytes(), true));
        }
    }

    private void setMachine(Properties properties) {
        objects.use(properties.value("memory-backend"));
        String iommu = properties.value("iommu");
        if (!iommu.isEmpty() && !iommu.equals("none") && !iommu.equals("off")) {
            devices.setViommu();
        }
        properties.values().keySet().stream()
                .filter(name -> !QemuOption.isHarmlessForMachine(name))
                .filter(name -> !name.equals("iommu"))
                // The object that they refer to is read separately.
                .filter(name -> !name.equals("confidential-guest-support") && !name.equals("memory-encryption"))
                .sorted()
                .forEach(name -> notes.add(
                        "%s of -machine of the command line is unknown and not counted".formatted(Quoted.of(name))));
    }
}
