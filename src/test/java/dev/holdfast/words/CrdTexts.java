package dev.holdfast.words;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Descriptions and rule messages of the CRDs in {@code crds/}. */
final class CrdTexts {
    private CrdTexts() {}

    static List<UserText> all() throws IOException {
        List<UserText> texts = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of("crds"))) {
            for (Path file : files.filter(found -> found.toString().endsWith(".holdfast.dev.yaml"))
                    .sorted()
                    .toList()) {
                collect(file.toString(), Serialization.unmarshal(Files.readString(file), JsonNode.class), texts);
            }
        }
        return texts;
    }

    private static void collect(String file, JsonNode node, List<UserText> texts) {
        if (node.path("description").isTextual()) {
            texts.add(new UserText(file, node.path("description").asText(), false));
        }
        node.path("x-kubernetes-validations")
                .forEach(rule ->
                        texts.add(new UserText(file, rule.path("message").asText(), true)));
        node.forEach(below -> collect(file, below, texts));
    }
}
