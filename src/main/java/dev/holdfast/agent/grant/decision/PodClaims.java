package dev.holdfast.agent.grant.decision;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.JsonFields;
import dev.holdfast.api.Names;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * ResourceClaims of a pod.
 *
 * @param byName   name of the ResourceClaim for each name in the pod's spec.resourceClaims that has one so far
 * @param extended claim that the scheduler created for extended resources; null for none
 */
public record PodClaims(
        Map<String, String> byName, @Nullable Extended extended) {
    public static final PodClaims NONE = new PodClaims(Map.of(), null);

    public PodClaims {
        byName = Map.copyOf(byName);
    }

    /** Returns the names of all ResourceClaims. */
    public Set<String> names() {
        Set<String> names = new TreeSet<>(byName.values());
        if (extended != null) {
            names.add(extended.name());
        }
        return names;
    }

    /**
     * Claim for the extended resources of a pod.
     *
     * @param name     name of the ResourceClaim
     * @param requests requests of the claim for QEMU's container, by resource of Holdfast
     */
    public record Extended(String name, Map<String, List<String>> requests) {
        public Extended {
            requests = Map.copyOf(requests);
        }
    }

    /** Reads the claims from the fields of a pod's spec and status, in any order. */
    static final class Reader {
        private static final int MAX_LENGTH = 253;
        /** Maximum of the schema; the operator creates no pod with more. */
        private static final int MAX_CLAIMS = 32;
        /** A request for each resource of each container; the pod of a VM has one or a few. */
        private static final int MAX_MAPPINGS = 256;

        private final Map<String, String> byName = new HashMap<>();
        private @Nullable Extended extended;

        PodClaims claims() {
            return new PodClaims(byName, extended);
        }

        /** Reads spec.resourceClaims, or status.resourceClaimStatuses, which names the claims made from templates. */
        void names(JsonParser json) throws IOException {
            JsonFields.each(json, this::name);
        }

        private void name(JsonParser json) throws IOException {
            String[] texts = texts(json, "name", "resourceClaimName");
            if (!texts[1].isEmpty()) {
                if (byName.size() == MAX_CLAIMS && !byName.containsKey(texts[0])) {
                    throw new ApiServerException(
                            "pod with more than " + MAX_CLAIMS + " resource claims; at most that many are allowed");
                }
                byName.put(texts[0], texts[1]);
            }
        }

        /** Reads status.extendedResourceClaimStatus. */
        void extended(JsonParser json) throws IOException {
            if (!json.currentToken().isStructStart()) {
                return;
            }
            String[] claim = {""};
            Map<String, List<String>> requests = new TreeMap<>();
            JsonFields.read(json, (field, value) -> {
                switch (field) {
                    case "resourceClaimName" -> claim[0] = text(value);
                    case "requestMappings" ->
                        JsonFields.list(
                                        value,
                                        MAX_MAPPINGS,
                                        mapping -> texts(mapping, "containerName", "resourceName", "requestName"))
                                .stream()
                                .filter(mapping -> mapping[0].equals(Names.QEMU_CONTAINER))
                                .filter(mapping -> mapping[1].startsWith(Names.RESOURCE_PREFIX))
                                .forEach(mapping -> requests.computeIfAbsent(mapping[1], any -> new ArrayList<>())
                                        .add(mapping[2]));
                    default -> {}
                }
            });
            extended = new Extended(claim[0], requests);
        }

        /** Returns the values of these fields, "" for an absent one. */
        private static String[] texts(JsonParser json, String... fields) throws IOException {
            List<String> names = List.of(fields);
            String[] texts = new String[fields.length];
            Arrays.fill(texts, "");
            JsonFields.read(json, (field, value) -> {
                int index = names.indexOf(field);
                if (index >= 0) {
                    texts[index] = text(value);
                }
            });
            return texts;
        }

        private static String text(JsonParser json) throws IOException {
            return Objects.requireNonNullElse(JsonFields.text(json, MAX_LENGTH), "");
        }
    }
}
