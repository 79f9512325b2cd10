package dev.holdfast.user;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;

/** Reads objects that need not exist, and that the user need not be allowed to read. */
public final class ObjectReader {
    private final UserCluster cluster;

    public ObjectReader(UserCluster cluster) {
        this.cluster = cluster;
    }

    /** Result of a read. */
    public sealed interface Result {
        /** The object. */
        record Json(JsonNode json) implements Result {}

        /** There is no such object. */
        record Absent() implements Result {}

        /** The API server refuses, with a message in one line. */
        record Refused(String message) implements Result {}
    }

    /**
     * Reads an object or a list.
     *
     * @param path      begins with a slash; a resource name at its end is a list
     * @param resource  as in a role
     * @param namespace empty for a resource of the cluster
     * @throws CommandFailure when the API server is not reachable
     */
    public Result read(String path, String resource, String namespace) {
        try {
            return new Result.Json(cluster.get(path));
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                return new Result.Absent();
            }
            String verb = path.endsWith("/" + resource) ? "list" : "get";
            CommandFailure failure = cluster.failure(new ApiRefusal(verb, resource, resource, namespace, ""), e);
            if (e.getCode() <= 0) {
                throw failure;
            }
            return new Result.Refused(String.valueOf(failure.getMessage()));
        }
    }
}
