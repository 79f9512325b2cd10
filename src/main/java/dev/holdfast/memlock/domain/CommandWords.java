package dev.holdfast.memlock.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The words of {@code <qemu:commandline>}, paired as QEMU pairs options and values ({@code system/vl.c}). */
public final class CommandWords {
    /** Options of QEMU that take no value. */
    private static final Set<String> FLAGS = Set.of("""
            daemonize enable-kvm full-screen mem-prealloc no-acpi no-fd-bootchk no-hpet no-reboot no-shutdown
            no-user-config nodefaults nographic only-migratable preconfig rtc-td-hack S s semihosting singlestep
            snapshot usb win2k-hack xen-attach xen-domid-restrict
            """.strip().split("\\s+"));

    private CommandWords() {}

    /**
     * An option.
     *
     * @param name  without its dashes; empty for a word that belongs to no option
     * @param value empty when there is none
     * @param first index of its first word
     * @param last  index of its last word, which has the value if there is one
     */
    public record Option(String name, String value, int first, int last) {
        /**
         * Returns the properties that are the value, in either of QEMU's forms.
         *
         * @return empty for JSON that is invalid
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

    /** Returns the options that the words are, in order. */
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
            // QEMU has no such form, but who wrote it meant one option.
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
