package dev.holdfast.truth;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The latest measurement of each combination, in committed files: page and chart are generated from all of them, so that
 * one combination can be measured again without the others.
 */
final class Measured {
    static final Path FOLDER = Path.of("src/test/resources/kernel-truth");

    private static final JsonMapper JSON = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private Measured() {}

    /** Returns the reports of the combinations on the page, in its order. */
    static List<Report> read(Path folder) throws IOException {
        List<Report> reports = new ArrayList<>();
        for (Combination combination : Combination.ALL) {
            Path file = file(folder, combination);
            if (Files.exists(file)) {
                reports.add(JSON.readValue(file.toFile(), Report.class));
            }
        }
        return reports;
    }

    static void write(Path folder, Report report) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(file(folder, Combination.of(report.combination())), json(report));
    }

    static String json(Object reports) throws IOException {
        return JSON.writeValueAsString(reports) + "\n";
    }

    private static Path file(Path folder, Combination combination) {
        return folder.resolve(combination + ".json");
    }
}
