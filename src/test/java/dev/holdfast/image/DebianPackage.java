package dev.holdfast.image;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A package of Debian, as dpkg's status file has it.
 *
 * @param source name of the source package, which advisories use
 */
record DebianPackage(String name, String version, String architecture, String source) {
    /** Reads dpkg's status, or several of them in a row. What is not installed is left out. */
    static List<DebianPackage> read(String status) {
        List<DebianPackage> packages = new ArrayList<>();
        for (String paragraph : status.split("\n\n+")) {
            Map<String, String> fields = new HashMap<>();
            for (String line : paragraph.split("\n")) {
                int colon = line.indexOf(": ");
                if (colon > 0 && line.charAt(0) != ' ') {
                    fields.put(
                            line.substring(0, colon), line.substring(colon + 2).strip());
                }
            }
            String name = fields.getOrDefault("Package", "");
            if (!name.isEmpty() && fields.getOrDefault("Status", "").endsWith(" installed")) {
                packages.add(new DebianPackage(
                        name,
                        fields.getOrDefault("Version", ""),
                        fields.getOrDefault("Architecture", ""),
                        // "glibc (2.41-12)" where the versions differ.
                        fields.getOrDefault("Source", name).replaceFirst(" .*", "")));
            }
        }
        return packages;
    }

    /** Returns its package URL (purl-spec, type deb). */
    String url() {
        return "pkg:deb/debian/%s@%s?arch=%s&distro=debian-13&upstream=%s"
                .formatted(encoded(name), encoded(version), encoded(architecture), encoded(source));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("%7E", "~");
    }
}
