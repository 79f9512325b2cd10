package dev.holdfast.user;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.DnsNames;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.regex.Pattern;

/** Reads objects that need not exist, and that the user need not be allowed to read. */
public final class ObjectReader {
    private static final Pattern NAME = Pattern.compile(DnsNames.SUBDOMAIN_253);

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
     * Reads an object.
     *
     * @param collection path of the objects of this kind, which ends with the resource
     * @param namespace  empty for a resource of the cluster
     * @param name       absent if no object can have it
     * @throws CommandFailure when the API server is not reachable
     */
    public Result get(String collection, String namespace, String name) {
        return NAME.matcher(name).matches()
                ? read(collection + "/" + name, new ApiRefusal("get", resource(collection), "", namespace, name))
                : new Result.Absent();
    }

    /**
     * Lists objects.
     *
     * @param collection as in {@link #get}
     * @param query      parameters of the request
     * @throws CommandFailure when the API server is not reachable
     */
    public Result list(String collection, String namespace, String query) {
        return read(collection + "?" + query, new ApiRefusal("list", resource(collection), "", namespace, ""));
    }

    private Result read(String path, ApiRefusal request) {
        try {
            return new Result.Json(cluster.get(path));
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                return new Result.Absent();
            }
            CommandFailure failure = cluster.failure(request, e);
            if (e.getCode() <= 0) {
                throw failure;
            }
            return new Result.Refused(String.valueOf(failure.getMessage()));
        }
    }

    private static String resource(String collection) {
        return collection.substring(collection.lastIndexOf('/') + 1);
    }
}
