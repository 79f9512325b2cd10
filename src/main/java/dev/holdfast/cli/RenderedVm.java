package dev.holdfast.cli;

import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Term;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.plan.pod.PodPlan;
import dev.holdfast.qemu.argv.FirmwareFiles;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.qemu.shape.MachineOptions;
import dev.holdfast.text.Quoted;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Formats a VM's pod as YAML, with comments for the terms of its memory and QEMU's command line. */
public final class RenderedVm {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private RenderedVm() {}

    public static String of(PodPlan.Ready plan, boolean emulated) {
        return Serialization.asYaml(plan.pod())
                + "# Memory in addition to the guest's:\n"
                + comments(plan.overhead().stream().map(RenderedVm::line))
                + comments(plan.assumptions().stream()
                        .map(assumption -> "assumed: " + assumption + "; see the option --node"))
                + "# RLIMIT_MEMLOCK: %s\n".formatted(limit(plan.memlock()))
                + "# QEMU, with the node's PCI addresses in place of <name>:\n"
                + comments(commandLine(plan, emulated));
    }

    private static String limit(MemlockPlan memlock) {
        return memlock.unlimited() ? "unlimited" : memlock.limitBytes() + " bytes";
    }

    private static String line(Term term) {
        return "%s %d bytes: %s".formatted(term.name(), term.bytes(), term.reason());
    }

    /** Returns a line for each option with its value. Valid addresses are used until the command line is made. */
    private static Stream<String> commandLine(PodPlan.Ready plan, boolean emulated) {
        Map<String, String> placeholders = new LinkedHashMap<>();
        Map<String, List<PciAddress>> devices = new LinkedHashMap<>();
        for (String device : plan.shape().devices()) {
            PciAddress address = new PciAddress(0xffff, placeholders.size(), 0, 0);
            placeholders.put(address.toString(), "<" + device + ">");
            devices.put(device, List.of(address));
        }
        NodeFacts node = new NodeFacts(emulated ? Accelerator.TCG : Accelerator.KVM, devices).with(firmware(plan));
        List<String> argv = QemuArgv.of(plan.shape(), node);
        StringBuilder lines = new StringBuilder();
        for (String word : argv) {
            lines.append(lines.isEmpty() ? "" : word.startsWith("-") ? " \\\n  " : " ")
                    .append(quoted(word));
        }
        String text = lines.toString();
        for (Map.Entry<String, String> placeholder : placeholders.entrySet()) {
            text = text.replace(placeholder.getKey(), placeholder.getValue());
        }
        return text.lines();
    }

    /** Returns placeholders for the firmware's files, which depend on the launcher image. */
    private static @Nullable FirmwareFiles firmware(PodPlan.Ready plan) {
        MachineOptions.Uefi uefi = plan.shape().options().uefi();
        return uefi == null ? null : new FirmwareFiles("<efi-code>", "<efi-variables>", 0, uefi.secureBoot());
    }

    private static String quoted(String word) {
        return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    private static String comments(Stream<String> lines) {
        return lines.map(line -> "#   " + Quoted.escaped(line) + "\n").collect(Collectors.joining());
    }
}
