package dev.holdfast.testbed.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Audit log of the API server: its answered requests. */
public record AuditLog(Path file) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> WRITES = Set.of("create", "update", "patch", "delete", "deletecollection");

    /** Every write of everybody, and every request of the service accounts of Holdfast and of monitoring, watches when they begin. */
    static final String POLICY = """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived]
            rules:
            - level: Metadata
              userGroups: ["system:serviceaccounts:holdfast", "system:serviceaccounts:monitoring"]
            - level: Metadata
              verbs: [create, update, patch, delete, deletecollection]
            - level: None
            """;

    /**
     * One answered request.
     *
     * @param group    empty for the core group
     * @param resource with the subresource, if any: {@code pods/status}
     * @param code     HTTP status
     */
    public record Request(
            Instant time,
            String user,
            String verb,
            String group,
            String resource,
            String namespace,
            String name,
            int code) {

        public boolean isWrite() {
            return WRITES.contains(verb);
        }

        /** Returns the permission that a role must grant: verb, resource and group. */
        public String permission() {
            return verb + " " + resource + (group.isEmpty() ? "" : "." + group);
        }

        @Override
        public String toString() {
            return time + " " + user + " " + permission() + " " + namespace + "/" + name + " " + code;
        }
    }

    /** Returns the requests of one user, in order. */
    public List<Request> of(String user) {
        return requests().filter(request -> request.user.equals(user)).toList();
    }

    /** All of them, in the order of their answers. */
    public Stream<Request> requests() {
        try {
            // The last line may be half written.
            return Files.readAllLines(file).stream()
                    .filter(line -> line.endsWith("}"))
                    .map(AuditLog::request);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Request request(String line) {
        try {
            JsonNode event = JSON.readTree(line);
            JsonNode object = event.path("objectRef");
            String subresource = object.path("subresource").asText();
            return new Request(
                    Instant.parse(event.path("stageTimestamp").asText()),
                    event.path("user").path("username").asText(),
                    event.path("verb").asText(),
                    object.path("apiGroup").asText(),
                    object.path("resource").asText() + (subresource.isEmpty() ? "" : "/" + subresource),
                    object.path("namespace").asText(),
                    object.path("name").asText(),
                    event.path("responseStatus").path("code").asInt());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
