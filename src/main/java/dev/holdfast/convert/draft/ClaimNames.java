package dev.holdfast.convert.draft;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Names for the claims that replace files of a host: derived from the last part of the path, one name for each path.
 *
 * <p>Not thread-safe.
 */
public final class ClaimNames {
    private static final int MAX_LENGTH = 250;

    private final Map<String, String> byPath = new HashMap<>();

    public String of(String path) {
        return byPath.computeIfAbsent(path, this::make);
    }

    private String make(String path) {
        String last = Stream.of(path.split("/", -1))
                .filter(part -> !part.isEmpty())
                .reduce((first, second) -> second)
                .orElse("disk");
        String name = Values.name(last, MAX_LENGTH, "disk");
        String candidate = name;
        for (int number = 2; byPath.containsValue(candidate); number++) {
            candidate = name + "-" + number;
        }
        return candidate;
    }
}
