package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.schema.Violation;
import dev.holdfast.text.Quoted;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Formats the messages of the API server about an object of a file, one line for each reason. */
final class ApiRefusalText {
    /** Maximum number of lines for one object. */
    private static final int MAX_LINES = 20;

    private static final int MAX_LENGTH = 1_000;

    private ApiRefusalText() {}

    /**
     * Formats the reasons for which an object is refused.
     *
     * @param violations at least one
     * @return lines that begin with file and object
     */
    static String of(String file, JsonNode object, List<Violation> violations) {
        String start = "%s: %s %s: ".formatted(file, object.path("kind").asText(), name(object));
        int more = violations.size() - MAX_LINES;
        return Stream.concat(
                        violations.stream().limit(MAX_LINES).map(Violation::line),
                        more > 0 ? Stream.of("and %d more".formatted(more)) : Stream.empty())
                .map(line -> shortened(start + line))
                .collect(Collectors.joining("\n"));
    }

    private static String name(JsonNode object) {
        JsonNode name = object.at("/metadata/name");
        JsonNode namespace = object.at("/metadata/namespace");
        return (namespace.isTextual() ? namespace.asText() + "/" : "")
                + (name.isTextual() && !name.asText().isEmpty() ? name.asText() : "without a name");
    }

    private static String shortened(String line) {
        String printable = Quoted.escaped(line);
        return printable.length() <= MAX_LENGTH ? printable : printable.substring(0, MAX_LENGTH - 3) + "...";
    }
}
