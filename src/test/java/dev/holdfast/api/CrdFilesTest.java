package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.Slow;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

@Slow
class CrdFilesTest {
    private static final Path KUSTOMIZATION = Path.of("kustomization.yaml");

    @Test
    void theFilesInCrdsAreUpToDate() throws IOException {
        Map<String, String> present = new TreeMap<>();
        try (var files = Files.list(Path.of("crds"))) {
            for (Path file :
                    files.filter(found -> !found.endsWith(KUSTOMIZATION)).toList()) {
                present.put(file.getFileName().toString(), Files.readString(file));
            }
        }

        assertThat(present).as("run `make crds` and commit what it writes").isEqualTo(CrdFiles.generate());
    }

    @Test
    void theTemplatesOfTheChartAreUpToDate() throws IOException {
        Map<String, String> present = new TreeMap<>();
        try (var files = Files.list(ChartCrds.DIRECTORY)) {
            for (Path file : files.toList()) {
                present.put(file.getFileName().toString(), Files.readString(file));
            }
        }

        assertThat(present).as("run `make crds` and commit what it writes").isEqualTo(ChartCrds.generate());
    }

    @Test
    void theSchemasInTheJarAreUpToDate() throws IOException {
        for (var file : SchemaFiles.generate().entrySet()) {
            assertThat(Files.readString(SchemaFiles.DIRECTORY.resolve(file.getKey())))
                    .as("run `make crds` and commit what it writes")
                    .isEqualTo(file.getValue());
        }
    }

    @Test
    void theRefusalsInTheTroubleshootingPageAreTheRules() throws IOException {
        String guide = Files.readString(Path.of("docs/troubleshooting.md"));
        String example = guide.lines()
                .filter(line -> line.startsWith("The PassthroughVM"))
                .findFirst()
                .orElseThrow();
        String bound = guide.lines()
                .filter(line -> line.startsWith("| `the memlock plan"))
                .map(line -> line.substring(3, line.indexOf(" ...")))
                .findFirst()
                .orElseThrow();

        assertThat(CrdRule.all())
                .anyMatch(rule -> example.contains(rule.path() + ": ") && example.endsWith(": " + rule.message()))
                .anyMatch(rule -> rule.message().startsWith(bound));
    }

    @Test
    void theKustomizationListsEveryCrd() throws IOException {
        String kustomization = Files.readString(Path.of("crds").resolve(KUSTOMIZATION));

        assertThat(Serialization.unmarshal(kustomization, JsonNode.class).path("resources"))
                .extracting(JsonNode::asText)
                .containsExactlyElementsOf(CrdFiles.generate().keySet());
    }

    @Test
    void theApiReferenceIsUpToDate() throws IOException {
        assertThat(Files.readString(Path.of("docs/api.md")))
                .as("run `make crds` and commit what it writes")
                .isEqualTo(ApiReference.generate());
    }
}
