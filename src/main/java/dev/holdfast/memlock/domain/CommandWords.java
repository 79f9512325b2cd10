package dev.holdfast.memlock.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The words of {@code <qemu:commandline>}, paired as QEMU pairs options and values ({@code system/vl.c}). */
final class CommandWords {
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
     */
    record Option(String name, String value) {}

    static List<Option> options(List<String> words) {
        List<Option> options = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (!word.startsWith("-") || word.equals("-")) {
                options.add(new Option("", word));
                continue;
            }
            String name = word.substring(word.startsWith("--") ? 2 : 1);
            int equals = name.indexOf('=');
            // QEMU has no such form, but who wrote it meant one option.
            if (equals >= 0) {
                options.add(new Option(name.substring(0, equals), name.substring(equals + 1)));
            } else if (!FLAGS.contains(name)
                    && i + 1 < words.size()
                    && !words.get(i + 1).startsWith("-")) {
                options.add(new Option(name, words.get(++i)));
            } else {
                options.add(new Option(name, ""));
            }
        }
        return options;
    }
}
