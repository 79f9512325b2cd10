package dev.holdfast.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Search domains of a resolv.conf, so that the guest resolves the same short names as the pod. */
final class SearchDomains {
    private static final Pattern DOMAIN = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?");

    private SearchDomains() {}

    /** Returns the domains of the last line that begins with search, as resolv.conf(5) says; none without such a file. */
    static List<String> of(Path resolvConf) {
        try (Stream<String> lines = Files.lines(resolvConf)) {
            return lines.map(line -> line.strip().split("\\s+"))
                    .filter(words -> words[0].equals("search"))
                    .reduce((former, last) -> last)
                    .map(words -> Stream.of(words)
                            .skip(1)
                            .filter(word -> DOMAIN.matcher(word).matches())
                            .toList())
                    .orElse(List.of());
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }
}
