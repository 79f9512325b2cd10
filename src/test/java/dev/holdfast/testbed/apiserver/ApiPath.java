package dev.holdfast.testbed.apiserver;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The address of an object or a collection of the Kubernetes API.
 *
 * @param root        {@code /api/v1} or {@code /apis/group/version}
 * @param namespace   null for cluster-scoped objects and for collections over all namespaces
 * @param name        null for a collection
 * @param subresource status, binding and the like; null for the object itself
 */
record ApiPath(
        String root,
        @Nullable String namespace,
        String plural,
        @Nullable String name,
        @Nullable String subresource,
        Map<String, String> query) {

    /** Empty for what is not a resource: {@code /version}, {@code /readyz}, discovery. */
    static Optional<ApiPath> parse(String requestTarget) {
        int mark = requestTarget.indexOf('?');
        String path = mark < 0 ? requestTarget : requestTarget.substring(0, mark);
        List<String> segments = new ArrayList<>(List.of(path.substring(1).split("/")));
        int rootLength =
                segments.getFirst().equals("api") ? 2 : segments.getFirst().equals("apis") ? 3 : 0;
        if (rootLength == 0 || segments.size() <= rootLength) {
            return Optional.empty();
        }
        String root = "/" + String.join("/", segments.subList(0, rootLength));
        List<String> rest = segments.subList(rootLength, segments.size());
        String namespace = null;
        if (rest.getFirst().equals("namespaces") && rest.size() > 2) {
            namespace = rest.get(1);
            rest = rest.subList(2, rest.size());
        }
        return Optional.of(new ApiPath(
                root,
                namespace,
                rest.getFirst(),
                rest.size() > 1 ? rest.get(1) : null,
                rest.size() > 2 ? rest.get(2) : null,
                query(mark < 0 ? "" : requestTarget.substring(mark + 1))));
    }

    /** The collection that holds the object. */
    String collection() {
        return root + (namespace == null ? "" : "/namespaces/" + namespace) + "/" + plural;
    }

    /** The object itself, without subresource and query. */
    String object() {
        return collection() + "/" + name;
    }

    ApiPath named(String newName) {
        return new ApiPath(root, namespace, plural, newName, null, query);
    }

    /** Returns this collection in one namespace, or in all with null. */
    ApiPath in(@Nullable String newNamespace) {
        return new ApiPath(root, newNamespace, plural, name, subresource, query);
    }

    boolean isPod() {
        return root.equals("/api/v1") && plural.equals("pods");
    }

    boolean isStatus() {
        return "status".equals(subresource);
    }

    private static Map<String, String> query(String text) {
        Map<String, String> parameters = new HashMap<>();
        for (String parameter : text.split("&", -1)) {
            int equals = parameter.indexOf('=');
            if (equals > 0) {
                parameters.put(
                        parameter.substring(0, equals),
                        URLDecoder.decode(parameter.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return Map.copyOf(parameters);
    }
}
