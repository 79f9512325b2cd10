package dev.holdfast.host.pci;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Names of PCI devices from the file pci.ids (pci-ids.ucw.cz; Debian's package {@code pci.ids}). The file is read when a
 * device is named for the first time, and of its 40,000 names only the requested ones are kept. Without the file, or when it
 * cannot be read, devices have no names.
 */
public final class PciIds {
    private static final List<Path> USUAL_PLACES =
            List.of(Path.of("/usr/share/misc/pci.ids"), Path.of("/usr/share/hwdata/pci.ids"));

    /** Maximum size of the file, which has 1.5 MB. */
    private static final long TOO_BIG = 16 << 20;

    /** Maximum length of a name, which is shown in a table and in a report of limited size. */
    private static final int LONGEST = 96;

    private final @Nullable Path file;
    private Set<String> requested = Set.of();
    private Map<String, String> names = Map.of();

    private PciIds(@Nullable Path file) {
        this.file = file;
    }

    /** Returns the names of the first file found in the usual places. */
    public static PciIds usual() {
        return new PciIds(
                USUAL_PLACES.stream().filter(Files::isRegularFile).findFirst().orElse(null));
    }

    /** Returns the names of a file, which is read when the first device is named. */
    public static PciIds at(Path file) {
        return new PciIds(file);
    }

    /** Returns no names. */
    public static PciIds none() {
        return new PciIds(null);
    }

    /** Returns the functions with their descriptions. */
    synchronized List<PciFunction> describe(List<PciFunction> functions) {
        if (file == null) {
            return functions;
        }
        Set<String> keys = keys(functions);
        if (!requested.containsAll(keys)) {
            names = read(file, keys);
            requested = keys;
        }
        return functions.stream()
                .map(function -> function.withDescription(description(function)))
                .toList();
    }

    private @Nullable String description(PciFunction function) {
        String vendor = names.get(function.vendorID());
        if (vendor == null) {
            return null;
        }
        String device = names.get(deviceKey(function));
        String subsystem = names.get(subsystemKey(function));
        String text = vendor + " " + (device == null ? kind(function) + " " + function.deviceID() : device)
                + (subsystem == null ? "" : ", " + subsystem);
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST - 3) + "...";
    }

    /** Returns the text for a device without a name, such as a new device with an old file. */
    private String kind(PciFunction function) {
        String subclass = names.get(subclassKey(function));
        return subclass == null ? names.getOrDefault(classKey(function), "device") : subclass;
    }

    private static Set<String> keys(Collection<PciFunction> functions) {
        Set<String> keys = new HashSet<>();
        for (PciFunction function : functions) {
            keys.add(function.vendorID());
            keys.add(deviceKey(function));
            keys.add(subsystemKey(function));
            keys.add(classKey(function));
            keys.add(subclassKey(function));
        }
        return keys;
    }

    private static String deviceKey(PciFunction function) {
        return function.vendorID() + " " + function.deviceID();
    }

    private static String subsystemKey(PciFunction function) {
        return deviceKey(function) + " " + function.subsystemVendorID() + " " + function.subsystemID();
    }

    private static String classKey(PciFunction function) {
        return "C " + function.classCode().substring(0, 2);
    }

    private static String subclassKey(PciFunction function) {
        return classKey(function) + " " + function.classCode().substring(2, 4);
    }

    private static Map<String, String> read(Path file, Set<String> wanted) {
        Map<String, String> found = new HashMap<>();
        try {
            if (Files.size(file) > TOO_BIG) {
                return Map.of();
            }
            // InputStreamReader replaces bytes that are not UTF-8, where Files.newBufferedReader would throw.
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
                read(lines, wanted, found);
            }
        } catch (IOException e) {
            return Map.of();
        }
        return found;
    }

    /** Reads entries: ID and name are separated by two blanks, and each level below begins with one more tab. */
    private static void read(BufferedReader lines, Set<String> wanted, Map<String, String> found) throws IOException {
        String[] path = {"", "", ""};
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            int level = level(line);
            int end = line.indexOf("  ", level);
            if (end < 0 || level >= path.length || line.charAt(0) == '#') {
                continue;
            }
            path[level] = line.substring(level, end);
            String key = switch (level) {
                case 0 -> path[0];
                case 1 -> path[0] + " " + path[1];
                default -> path[0] + " " + path[1] + " " + path[2];
            };
            if (wanted.contains(key)) {
                found.put(key, line.substring(end).strip());
            }
        }
    }

    private static int level(String line) {
        int level = 0;
        while (level < line.length() && line.charAt(level) == '\t') {
            level++;
        }
        return level;
    }
}
