package dev.holdfast.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.testbed.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Writes the bill of materials of each image, and prints its layers with their sizes. */
final class ImageReport {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final double MIB = 1 << 20;
    private static final int STEP_LENGTH = 60;

    private ImageReport() {}

    /**
     * Writes NAME.cdx.json to the folder of each archive NAME.tar.
     *
     * @param arguments CycloneDX of the Java libraries, and the archives
     */
    public static void main(String... arguments) throws IOException {
        JsonNode libraries = JSON.readTree(Path.of(arguments[0]).toFile());
        for (String argument : List.of(arguments).subList(1, arguments.length)) {
            Path archive = Path.of(argument);
            Path folder = archive.resolveSibling(archive.getFileName() + ".unpacked");
            Folders.empty(folder);
            OciArchive image = OciArchive.unpack(archive, folder);
            List<DebianPackage> packages = packages(image);
            Path file =
                    archive.resolveSibling(String.valueOf(archive.getFileName()).replaceFirst("\\.tar$", ".cdx.json"));
            Files.writeString(file, JSON.writeValueAsString(Sbom.of(image, packages, libraries)) + "\n");
            print(image, packages.size(), libraries.path("components").size());
            Folders.remove(folder);
        }
    }

    /** Returns the packages that apt installed, and those of status.d, whose files were copied without an installation. */
    private static List<DebianPackage> packages(OciArchive image) throws IOException {
        return DebianPackage.read(image.read("*var/lib/dpkg/status").orElse("") + "\n\n"
                + image.read("*var/lib/dpkg/status.d/*").orElse(""));
    }

    private static void print(OciArchive image, int packages, int libraries) throws IOException {
        System.out.printf("%n%s%n", image.name());
        System.out.printf("%10s %10s  %s%n", "packed", "unpacked", "MiB, by layer");
        long packed = 0;
        long unpacked = 0;
        for (OciArchive.Layer layer : image.layers()) {
            long bytes = layer.unpacked();
            packed += layer.packed();
            unpacked += bytes;
            row(layer.packed(), bytes, step(layer.createdBy()));
        }
        row(packed, unpacked, "in all; %d Debian packages, %d Java libraries".formatted(packages, libraries));
    }

    private static void row(long packed, long unpacked, String what) {
        System.out.printf(Locale.ROOT, "%10.1f %10.1f  %s%n", packed / MIB, unpacked / MIB, what);
    }

    /** Returns the part of the instruction that identifies it for a reader. */
    private static String step(String createdBy) {
        String text = createdBy
                .replaceFirst("^/bin/sh -c (#\\(nop\\) )?", "")
                .replaceAll("file:\\w+ in ", "")
                .replaceAll("\\s+", " ")
                .strip();
        return text.length() <= STEP_LENGTH ? text : text.substring(0, STEP_LENGTH) + "...";
    }
}
