package dev.holdfast.memlock.libvirt;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Splits the arguments of {@code <qemu:commandline>} into options and values as QEMU does ({@code system/vl.c}). */
public final class CommandWords {
    /** Options of QEMU without a value. */
    private static final Set<String> FLAGS = Set.of("""
            daemonize enable-kvm full-screen mem-prealloc no-acpi no-fd-bootchk no-hpet no-reboot no-shutdown
            no-user-config nodefaults nographic only-migratable preconfig rtc-td-hack S s semihosting singlestep
            snapshot usb win2k-hack xen-attach xen-domid-restrict
            """.strip().split("\\s+"));

    private CommandWords() {}

    /**
     * Option of the command line.
     *
     * @param name  name without leading dashes; empty for an argument that belongs to no option
     * @param value value; empty if there is none
     * @param first index of its first argument
     * @param last  index of its last argument, which is the value if there is one
     */
    public record Option(String name, String value, int first, int last) {
        /**
         * Returns the properties in the value, in either of QEMU's formats.
         *
         * @return empty if the value is invalid JSON
         */
        public Optional<Properties> properties() {
            String typeName = switch (name) {
                case "device", "blockdev" -> "driver";
                case "object" -> "qom-type";
                case "m" -> "size";
                default -> "type";
            };
            return Properties.of(value, typeName);
        }
    }

    /** Returns the options in the order of the arguments. */
    public static List<Option> options(List<String> words) {
        List<Option> options = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (!word.startsWith("-") || word.equals("-")) {
                options.add(new Option("", word, i, i));
                continue;
            }
            String name = word.substring(word.startsWith("--") ? 2 : 1);
            int equals = name.indexOf('=');
            // QEMU does not support this form, but it is meant as one option.
            if (equals >= 0) {
                options.add(new Option(name.substring(0, equals), name.substring(equals + 1), i, i));
            } else if (!FLAGS.contains(name)
                    && i + 1 < words.size()
                    && !words.get(i + 1).startsWith("-")) {
                options.add(new Option(name, words.get(i + 1), i, i + 1));
                i++;
            } else {
                options.add(new Option(name, "", i, i));
            }
        }
        return options;
    }
}
