package dev.holdfast.qemu.dryrun;

import dev.holdfast.pci.PciAddress;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.qemu.shape.QemuShape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Command line of a VM, changed so that it uses no device, no memory and no console. Pure. */
final class DryRunArgv {
    /** Options of {@link QemuArgv} without a value. */
    private static final Set<String> FLAGS = Set.of("-no-user-config", "-nodefaults", "-S");

    /**
     * Options that are removed: a kernel is in fw_cfg, which is not mapped, and reading it takes time; locking would
     * allocate the memory.
     */
    private static final Set<String> DROPPED = Set.of("-kernel", "-initrd", "-append", "-overcommit");

    // Placeholder for the node's addresses: the devices are removed, but their root ports remain.
    private static final List<PciAddress> ANYWHERE = List.of(new PciAddress(0, 0, 0, 0));

    private static final Pattern NODE_NAME = Pattern.compile("\"node-name\":\"([a-z0-9]+)\"");

    private DryRunArgv() {}

    /**
     * Returns the command line for a machine.
     *
     * @param firmware its UEFI firmware, null for SeaBIOS
     * @param socket   socket to which QEMU connects its control channel
     */
    static List<String> of(QemuShape shape, Accelerator accelerator, @Nullable FirmwareFiles firmware, Path socket) {
        NodeFacts node = new NodeFacts(
                        accelerator,
                        shape.devices().stream().distinct().collect(Collectors.toMap(name -> name, name -> ANYWHERE)))
                .with(firmware);
        return of(QemuArgv.of(shape, node), firmware, socket);
    }

    /** Returns the command line made from one of {@link QemuArgv}. */
    static List<String> of(List<String> argv, @Nullable FirmwareFiles firmware, Path socket) {
        List<String> dry = new ArrayList<>(List.of(argv.getFirst()));
        for (int i = 1; i < argv.size(); i++) {
            String option = argv.get(i);
            if (FLAGS.contains(option)) {
                dry.add(option);
            } else {
                i++;
                value(option, argv.get(i), firmware, socket).ifPresent(value -> dry.addAll(List.of(option, value)));
            }
        }
        dry.add("-S");
        return List.copyOf(dry);
    }

    /** Returns the changed value; empty when the option is removed. */
    private static Optional<String> value(String option, String value, @Nullable FirmwareFiles firmware, Path socket) {
        boolean device = option.equals("-device") && value.startsWith("vfio-");
        if (device || DROPPED.contains(option)) {
            return Optional.empty();
        }
        if (option.equals("-object") && value.startsWith("memory-backend-")) {
            return Optional.of(untouched(value));
        }
        return Optional.of(
                switch (option) {
                    case "-chardev" -> channel(value, socket);
                    case "-blockdev" -> nothing(value, firmware);
                    case "-netdev" -> value.replaceFirst("^user,(id=[^,]*).*$", "user,$1,restrict=on");
                    default -> value;
                });
    }

    /**
     * Returns a disk of the same name without a file, so that none is opened or locked. The flash of the variables has their
     * size; the code remains, as it belongs to the launcher's image.
     */
    private static String nothing(String blockdev, @Nullable FirmwareFiles firmware) {
        Matcher disk = NODE_NAME.matcher(blockdev);
        if (disk.find()) {
            return "driver=null-co,node-name=%s,size=1048576".formatted(disk.group(1));
        }
        return firmware != null && blockdev.contains("node-name=efi-variables,")
                ? "driver=null-co,node-name=efi-variables,size=%d,read-zeroes=on".formatted(firmware.variablesBytes())
                : blockdev;
    }

    /** Returns a backend of the same name and size that uses only address space. */
    private static String untouched(String backend) {
        return Stream.concat(
                        Stream.concat(
                                Stream.of("memory-backend-ram"),
                                Stream.of(backend.split(",", -1))
                                        .filter(part -> part.startsWith("id=") || part.startsWith("size="))),
                        Stream.of("reserve=off", "prealloc=off"))
                .collect(Collectors.joining(","));
    }

    private static String channel(String value, Path socket) {
        if (value.startsWith("socket,id=qmp,")) {
            return "socket,id=qmp,path=" + socket.toString().replace(",", ",,");
        }
        return value.replaceFirst("^stdio,(id=[^,]*).*$", "null,$1");
    }
}
