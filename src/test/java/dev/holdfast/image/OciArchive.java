package dev.holdfast.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** An image as an OCI layout in a tar file, unpacked into a folder of its own (image-spec, image-layout.md). */
final class OciArchive {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String REF_NAME = "org.opencontainers.image.ref.name";
    private static final String DOCKER_NAME = "io.containerd.image.name";

    private final Path folder;
    private final String name;
    private final JsonNode config;
    private final String digest;
    private final List<Layer> layers;

    /**
     * A layer, the base first.
     *
     * @param blob      tar, mostly with gzip
     * @param packed    bytes, as they are pulled
     * @param createdBy the instruction that made it
     */
    record Layer(Path blob, long packed, String createdBy) {
        /** Returns the bytes of the tar inside, which is about what the files take. */
        long unpacked() throws IOException {
            try (InputStream tar = open()) {
                return tar.transferTo(OutputStream.nullOutputStream());
            }
        }

        private InputStream open() throws IOException {
            InputStream bytes = Files.newInputStream(blob);
            return isPacked() ? new GZIPInputStream(bytes, 1 << 16) : bytes;
        }

        private boolean isPacked() throws IOException {
            try (InputStream bytes = Files.newInputStream(blob)) {
                return bytes.read() == 0x1f && bytes.read() == 0x8b;
            }
        }
    }

    private OciArchive(Path folder) throws IOException {
        this.folder = folder;
        JsonNode entry = JSON.readTree(folder.resolve("index.json").toFile())
                .path("manifests")
                .path(0);
        JsonNode annotations = entry.path("annotations");
        // Docker has the tag alone where others have the name.
        name = annotations.path(DOCKER_NAME).asText(annotations.path(REF_NAME).asText());
        JsonNode manifest = blob(entry);
        while (manifest.has("manifests")) {
            // An index: the image, and what attests to it.
            entry = manifest.path("manifests").path(0);
            manifest = blob(entry);
        }
        config = blob(manifest.path("config"));
        digest = entry.path("digest").asText();
        List<String> steps = new ArrayList<>();
        for (JsonNode step : config.path("history")) {
            if (!step.path("empty_layer").asBoolean()) {
                steps.add(step.path("created_by").asText());
            }
        }
        layers = new ArrayList<>();
        for (JsonNode layer : manifest.path("layers")) {
            layers.add(new Layer(
                    path(layer),
                    layer.path("size").asLong(),
                    layers.size() < steps.size() ? steps.get(layers.size()) : ""));
        }
    }

    /** Unpacks the archive into an empty folder. */
    static OciArchive unpack(Path archive, Path folder) throws IOException {
        Files.createDirectories(folder);
        run(List.of("tar", "-xf", archive.toString(), "-C", folder.toString()), Optional.empty());
        return new OciArchive(folder);
    }

    /** Returns the name with the tag. */
    String name() {
        return name;
    }

    /** Returns the digest of the manifest. */
    String digest() {
        return digest;
    }

    /** Returns the configuration: user, environment, labels. */
    JsonNode config() {
        return config;
    }

    List<Layer> layers() {
        return List.copyOf(layers);
    }

    /** Returns the text of the files that match a pattern of tar, of the uppermost layer that has any. */
    Optional<String> read(String pattern) throws IOException {
        for (Layer layer : layers.reversed()) {
            String text =
                    run(List.of("tar", "-x", "--to-stdout", "--wildcards", "-f", "-", pattern), Optional.of(layer));
            if (!text.isEmpty()) {
                return Optional.of(text);
            }
        }
        return Optional.empty();
    }

    private JsonNode blob(JsonNode descriptor) throws IOException {
        return JSON.readTree(path(descriptor).toFile());
    }

    private Path path(JsonNode descriptor) {
        return folder.resolve("blobs")
                .resolve(descriptor.path("digest").asText().replace(':', '/'));
    }

    /** Runs tar, and ignores its message about a pattern without a match. */
    private static String run(List<String> command, Optional<Layer> input) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        Thread feeder = Thread.ofVirtual().start(() -> {
            try (var out = process.getOutputStream()) {
                if (input.isPresent()) {
                    try (InputStream tar = input.get().open()) {
                        tar.transferTo(out);
                    }
                }
            } catch (IOException e) {
                // tar has found what it looked for, and ended.
            }
        });
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            feeder.join();
            int status = process.waitFor();
            if (status != 0 && input.isEmpty()) {
                throw new IOException("%s ended with status %d".formatted(command, status));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return output;
    }
}
