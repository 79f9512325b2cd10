package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testbed.Product;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Checks that the chart's files are consistent and have the version; ChartClusterIT tests Helm's output. */
class ChartFilesTest {
    private static final Path CHART = Path.of("deploy/chart");

    @Test
    void theChartIsOfThisVersion() throws IOException {
        JsonNode chart = read("Chart.yaml");

        assertThat(chart.path("version").asText()).isEqualTo(Product.VERSION);
        assertThat(chart.path("appVersion").asText()).isEqualTo(Product.VERSION);
        assertThat(chart.path("kubeVersion").asText()).isEqualTo(">= 1.33.0-0");
    }

    @Test
    void everyValueHasASchemaAndEveryPropertyADefault() throws IOException {
        Set<String> values = new TreeSet<>();
        keys("", read("values.yaml"), values);
        Set<String> properties = new TreeSet<>();
        properties("", read("values.schema.json"), properties);
        properties.remove("global");

        assertThat(properties).isEqualTo(values);
    }

    /** Compares the names of values with those of the installation page, without quotes. */
    @Test
    void theInstallationPageNamesTheExistingValues() throws IOException {
        String page = Files.readString(Path.of("docs/install.md"));

        assertThat(read("values.yaml").properties())
                .extracting(Map.Entry::getKey)
                .allSatisfy(value -> assertThat(page).contains("`" + value));
    }

    private static void keys(String path, JsonNode value, Set<String> found) {
        if (value.isObject() && !value.isEmpty() && !path.endsWith("resources")) {
            value.properties().forEach(entry -> keys(join(path, entry.getKey()), entry.getValue(), found));
        } else {
            found.add(path);
        }
    }

    private static void properties(String path, JsonNode schema, Set<String> found) {
        JsonNode properties = schema.path("properties");
        if (properties.isObject() && !path.endsWith("resources")) {
            properties.properties().forEach(entry -> properties(join(path, entry.getKey()), entry.getValue(), found));
        } else {
            found.add(path);
        }
    }

    private static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private static JsonNode read(String file) throws IOException {
        return Serialization.unmarshal(Files.readString(CHART.resolve(file)), JsonNode.class);
    }
}
