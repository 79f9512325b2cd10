package dev.holdfast.memlock.libvirt;

import dev.holdfast.memlock.MemlockInput;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Domains for tests: the files in the resources, and small ones that are composed. */
final class Inputs {
    private static final String HEAD = "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
            + "<name>d</name><memory unit='GiB'>1</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>";

    private Inputs() {}

    static byte[] bytes(String file) {
        try (InputStream stream = Inputs.class.getResourceAsStream(file)) {
            if (stream == null) {
                throw new IllegalStateException("resource not found: " + file);
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads a file with one domain, for a host with 4-KiB pages. */
    static Domain read(byte[] document) {
        List<Domain> domains = Domain.readAll(document, 4096);
        if (domains.size() != 1) {
            throw new IllegalArgumentException(domains.size() + " domains, must be one");
        }
        return domains.getFirst();
    }

    static Domain file(String file) {
        return read(bytes(file));
    }

    /** Returns a domain with 1 GiB of memory. */
    static Domain with(String devices, String more) {
        String document = HEAD + "<devices>" + devices + "</devices>" + more + "</domain>";
        return read(document.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns such a domain with these arguments for QEMU. */
    static Domain withWords(List<String> words) {
        return with(
                "",
                words.stream()
                        .map(Inputs::escaped)
                        .map("<qemu:arg value='%s'/>"::formatted)
                        .collect(Collectors.joining("", "<qemu:commandline>", "</qemu:commandline>")));
    }

    static MemlockInput inputWithWords(String... words) {
        return withWords(Stream.of(words).toList()).input();
    }

    private static String escaped(String word) {
        return word.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace("'", "&apos;")
                .replace("\"", "&quot;");
    }
}
